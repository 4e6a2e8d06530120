// SPDX-License-Identifier: Apache-2.0
/**
 * The Lightcone engine: distances between probability tables, their embedding, progress and
 * geodesics. Only {@code org.lightcone} is for use from outside.
 */
module org.lightcone.engine {
  requires com.fasterxml.jackson.core;
  requires org.bytedeco.javacpp;
  requires org.bytedeco.openblas;
  // The natives of both, which nothing else would resolve: without these lines every user would have
  // to pass --add-modules. This jar's own natives are of the same one platform.
  requires org.bytedeco.javacpp.linux.x86_64;
  requires org.bytedeco.openblas.linux.x86_64;

  // For embeddings on a GPU; a user who wants it adds the module, and its natives.
  requires static org.bytedeco.cuda;

  exports org.lightcone;

  // JavaCPP instantiates the binding's classes and reads their annotations.
  opens org.lightcone.ffi to org.bytedeco.javacpp;
}
