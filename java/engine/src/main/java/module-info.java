// SPDX-License-Identifier: Apache-2.0
/**
 * The Lightcone engine: distances between probability tables, their embedding, progress and
 * geodesics. Only {@code org.lightcone} is for use from outside.
 */
module org.lightcone.engine {
  requires org.bytedeco.javacpp;
  requires org.bytedeco.openblas;

  exports org.lightcone;

  // JavaCPP instantiates the binding's classes and reads their annotations.
  opens org.lightcone.ffi to org.bytedeco.javacpp;
}
