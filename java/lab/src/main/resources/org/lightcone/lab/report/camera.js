// SPDX-License-Identifier: Apache-2.0
// The camera: same arithmetic as Scene.java, so that the first picture on screen is the printed one.
// Box units: a coordinate x_k becomes (x_k - mid_k) * scale_k; axis 0 right, axis 1 up, axis 2 to the viewer.
'use strict';
(() => {
  const FOCAL = LC.FOCAL = 1 / Math.tan(11 * Math.PI / 180);
  const ROOM = 0.9;   // share of the height that the models may fill

  class Camera {
    constructor() {
      this.yaw = 0; this.pitch = 0.35; this.distance = 5; this.panX = 0; this.panY = 0; this.aspect = 1.5; this.roomX = ROOM;
      this.mid = [0, 0, 0]; this.half = [1, 1, 1]; this.scale = [1, 1, 1];
    }

    // Box of the models and special points on three axes; fill: every axis as long as the box.
    measure(view, axes, fill) {
      const span = [];
      for (let k = 0; k < 3; k++) {
        const x = axes[k] < 0 ? null : view.x[axes[k]];
        let lo = Infinity, hi = -Infinity;
        if (x) for (let i = 0; i < x.length; i++) { if (x[i] < lo) lo = x[i]; if (x[i] > hi) hi = x[i]; }
        if (x) for (const s of view.specials) { lo = Math.min(lo, s.x[axes[k]]); hi = Math.max(hi, s.x[axes[k]]); }
        if (!(lo <= hi)) lo = hi = 0;
        this.mid[k] = (lo + hi) / 2;
        span[k] = (hi - lo) / 2;
      }
      const longest = Math.max(...span) || 1;
      for (let k = 0; k < 3; k++) {
        this.half[k] = span[k] > 0 ? span[k] : longest;
        this.scale[k] = fill ? (k === 0 ? 1 : 0.7) / this.half[k] : 1 / longest;
        if (axes[k] < 0) { this.half[k] = 0; this.scale[k] = 1; }
      }
    }

    turn(p, out) {
      const cy = Math.cos(this.yaw), sy = Math.sin(this.yaw), cp = Math.cos(this.pitch), sp = Math.sin(this.pitch);
      const z = cy * p[2] - sy * p[0];
      out[0] = cy * p[0] + sy * p[2];
      out[1] = cp * p[1] - sp * z;
      out[2] = sp * p[1] + cp * z;
      return out;
    }

    // Moves so that the given box-unit points just fit, with pan in the middle of them.
    frame(points) {
      const q = [0, 0, 0];
      const lo = [1e9, 1e9], hi = [-1e9, -1e9];
      const turned = points.map((p) => this.turn(p, q).slice());
      for (const t of turned) {
        for (let k = 0; k < 2; k++) { lo[k] = Math.min(lo[k], t[k]); hi[k] = Math.max(hi[k], t[k]); }
      }
      if (!points.length) { lo.fill(-1); hi.fill(1); }
      this.panX = (lo[0] + hi[0]) / 2;
      this.panY = (lo[1] + hi[1]) / 2;
      this.distance = 2;
      for (const t of turned) {
        this.distance = Math.max(this.distance, t[2] + FOCAL * Math.max(
          Math.abs(t[0] - this.panX) / (this.aspect * this.roomX), Math.abs(t[1] - this.panY) / ROOM));
      }
      this.home = this.distance;
    }

    // Column-major matrix from box units to clip space.
    matrix() {
      const cy = Math.cos(this.yaw), sy = Math.sin(this.yaw), cp = Math.cos(this.pitch), sp = Math.sin(this.pitch);
      const d = this.distance, f = FOCAL, a = f / this.aspect;
      const near = Math.max(0.01, d - 4), far = d + 4;
      const A = (far + near) / (far - near), B = -2 * far * near / (far - near);
      const X = [cy, 0, sy], Y = [sp * sy, cp, -sp * cy], Z = [-cp * sy, sp, cp * cy];
      const m = new Float32Array(16);
      for (let k = 0; k < 3; k++) {
        m[4 * k] = a * X[k]; m[4 * k + 1] = f * Y[k]; m[4 * k + 2] = -A * Z[k]; m[4 * k + 3] = -Z[k];
      }
      m[12] = -a * this.panX; m[13] = -f * this.panY; m[14] = A * d + B; m[15] = d;
      return m;
    }

    box(x, out) {
      for (let k = 0; k < 3; k++) out[k] = (x[k] - this.mid[k]) * this.scale[k];
      return out;
    }

    // Screen pixels of a point in box units: [x, y, depth].
    screen(p, width, height) {
      const q = this.turn(p, [0, 0, 0]);
      const w = Math.max(1e-6, this.distance - q[2]);
      const h = height / 2;
      return [width / 2 + h * FOCAL * (q[0] - this.panX) / w, h - h * FOCAL * (q[1] - this.panY) / w, w];
    }
  }
  LC.Camera = Camera;
})();
