# The kernels of a device library, for both of its builds: cuda/CMakeLists.txt with nvcc, tests/cuda/CMakeLists.txt
# emulated.
set(lightcone_device_sources
  ${PROJECT_SOURCE_DIR}/cuda/base/operations.cu
  ${PROJECT_SOURCE_DIR}/cuda/distance/half_panel.cu
  ${PROJECT_SOURCE_DIR}/cuda/distance/half_product.cu
  ${PROJECT_SOURCE_DIR}/cuda/distance/ingest.cu
  ${PROJECT_SOURCE_DIR}/cuda/distance/marks.cu
  ${PROJECT_SOURCE_DIR}/cuda/distance/near.cu
  ${PROJECT_SOURCE_DIR}/cuda/distance/product.cu
  ${PROJECT_SOURCE_DIR}/cuda/embed/centre.cu
  ${PROJECT_SOURCE_DIR}/cuda/embed/packed_product.cu
  ${PROJECT_SOURCE_DIR}/cuda/geometry/geodesic.cu
  ${PROJECT_SOURCE_DIR}/cuda/geometry/progress.cu
  ${PROJECT_SOURCE_DIR}/cuda/plane/agreement.cu
  ${PROJECT_SOURCE_DIR}/cuda/plane/argmax.cu
  ${PROJECT_SOURCE_DIR}/cuda/plane/components.cu
  ${PROJECT_SOURCE_DIR}/cuda/plane/points.cu)
