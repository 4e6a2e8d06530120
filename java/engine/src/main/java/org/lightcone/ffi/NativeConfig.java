// SPDX-License-Identifier: Apache-2.0
package org.lightcone.ffi;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * What JavaCPP is told about {@code native/lightcone.h}, the only bound header. The binding itself,
 * {@code org.lightcone.ffi.Lightcone}, is generated into {@code target/} and used by
 * {@code org.lightcone} alone; it extends this class, which is therefore not final.
 */
@Properties(
    value = @Platform(include = "lightcone.h", link = "lightcone", compiler = "cpp17"),
    target = "org.lightcone.ffi",
    global = "org.lightcone.ffi.Lightcone")
public class NativeConfig implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("LIGHTCONE_API").cppTypes().annotations())
        .put(new Info("LIGHTCONE_H").skip())
        // A status is a number to compare, not a type of its own.
        .put(new Info("lightcone_status").cast().valueTypes("int"))
        .put(new Info("lightcone_control").pointerTypes("NativeControl"))
        .put(new Info("lightcone_device_info").pointerTypes("NativeDeviceInfo"))
        .put(new Info("lightcone_place").pointerTypes("NativePlace"))
        .put(new Info("lightcone_device_tiles").pointerTypes("NativeDeviceTiles"))
        .put(new Info("lightcone_rows").pointerTypes("NativeRows"))
        .put(new Info("lightcone_plane_grid").pointerTypes("NativePlaneGrid"))
        .put(new Info("lightcone_label_maps").pointerTypes("NativeLabelMaps"))
        .put(new Info("lightcone_predictions").pointerTypes("NativePredictions"))
        .put(new Info("lightcone_distances_options").pointerTypes("NativeDistancesOptions"))
        .put(new Info("lightcone_distances_report").pointerTypes("NativeDistancesReport"))
        .put(new Info("lightcone_trajectories_options").pointerTypes("NativeTrajectoriesOptions"))
        .put(new Info("lightcone_trajectories_outputs").pointerTypes("NativeTrajectoriesOutputs"));
  }
}
