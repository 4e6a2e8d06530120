// SPDX-License-Identifier: Apache-2.0
// WebGL2: every model as a disc, every run as a line. Coordinates stay as they are in the file, one buffer for
// each axis; the box transform is a uniform, so that another choice of axes or proportions uploads nothing big.
'use strict';
(() => {
  // Wide, smooth lines cost four vertices and their pixels for each segment; beyond this, plain 1-pixel lines.
  const WIDE_SEGMENTS = 30000;
  const COMMON = `#version 300 es
    precision highp float;
    uniform mat4 matrix; uniform vec3 mid, scale, paper; uniform vec2 fog; uniform float until;
    vec4 place(vec3 x) { return matrix * vec4((x - mid) * scale, 1.0); }
    vec3 haze(vec3 c, float w) { return mix(c, paper, 0.5 * clamp((w - fog.x) / (fog.y - fog.x), 0.0, 1.0)); }
  `;
  const POINT_VS = COMMON + `
    in float x0, x1, x2, when, big; in vec4 colour; uniform float size; uniform bool front; out vec4 tint; out float px;
    void main() {
      gl_Position = place(vec3(x0, x1, x2));
      px = size * (1.0 + 0.9 * big); gl_PointSize = px;
      tint = vec4(haze(colour.rgb, gl_Position.w), 1.0);
      if (when > until || front != (colour.a > 0.5)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    }`;
  const POINT_FS = `#version 300 es
    precision mediump float; in vec4 tint; in float px; out vec4 pixel;
    void main() {
      float r = length(gl_PointCoord - 0.5) * 2.0;
      float edge = 2.0 / px;
      float a = 1.0 - smoothstep(1.0 - edge, 1.0, r);
      if (a < 0.05) discard;
      pixel = vec4(tint.rgb * (r > 1.0 - 1.6 * edge && px > 6.0 ? 0.82 : 1.0), a);
    }`;
  const WIDE_VS = COMMON + `
    in vec2 corner; in float x0, x1, x2, y0, y1, y2, when, joined; in vec4 colour;
    uniform vec2 pixels; uniform float width; uniform bool front; out vec4 tint; out float side;
    void main() {
      vec4 a = place(vec3(x0, x1, x2)), b = place(vec3(y0, y1, y2));
      vec2 d = (b.xy / b.w - a.xy / a.w) * pixels;
      float l = length(d);
      vec2 n = l > 0.0 ? vec2(-d.y, d.x) / l : vec2(0.0);
      vec4 p = corner.x < 0.5 ? a : b;
      side = corner.y * (width + 1.0);
      gl_Position = p + vec4(n * side / pixels * p.w, 0.0, 0.0);
      tint = vec4(haze(colour.rgb, p.w), 1.0);
      if (joined < 0.5 || when > until || front != (colour.a > 0.5)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    }`;
  const WIDE_FS = `#version 300 es
    precision highp float; in vec4 tint; in float side; uniform float width, opacity; out vec4 pixel;
    void main() {
      float a = opacity * clamp(width + 0.5 - abs(side), 0.0, 1.0);
      if (a < 0.02) discard;
      pixel = vec4(tint.rgb, a);
    }`;
  const THIN_VS = COMMON + `
    in float x0, x1, x2, when; in vec4 colour; uniform bool front; out vec4 tint;
    void main() {
      gl_Position = place(vec3(x0, x1, x2));
      tint = vec4(haze(colour.rgb, gl_Position.w), 1.0);
      if (when > until || front != (colour.a > 0.5)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    }`;
  const THIN_FS = `#version 300 es
    precision mediump float; in vec4 tint; uniform float opacity; out vec4 pixel;
    void main() { pixel = vec4(tint.rgb, opacity); }`;

  class Renderer {
    constructor(canvas) {
      this.canvas = canvas;
      const many = LC.data.views.some((v) => v.models > WIDE_SEGMENTS);
      // Discs and wide lines smooth themselves; multisampling would only double the cost.
      const gl = this.gl = canvas.getContext('webgl2', { antialias: false, alpha: false, powerPreference:
        many ? 'high-performance' : 'default' });
      if (!gl) throw new Error('no WebGL2');
      this.points = this.program(POINT_VS, POINT_FS);
      this.wide = this.program(WIDE_VS, WIDE_FS);
      this.thin = this.program(THIN_VS, THIN_FS);
      this.corner = this.buffer(new Float32Array([0, -1, 1, -1, 0, 1, 1, 1]));
      this.axes = [0, 1, 2].map(() => gl.createBuffer());
      this.colours = gl.createBuffer();
      this.when = gl.createBuffer();
      this.big = gl.createBuffer();
      this.joined = gl.createBuffer();
      this.index = gl.createBuffer();
      this.count = 0;
    }

    program(vs, fs) {
      const gl = this.gl;
      const p = gl.createProgram();
      for (const [type, text] of [[gl.VERTEX_SHADER, vs], [gl.FRAGMENT_SHADER, fs]]) {
        const s = gl.createShader(type);
        gl.shaderSource(s, text);
        gl.compileShader(s);
        gl.attachShader(p, s);
      }
      gl.linkProgram(p);
      if (!gl.getProgramParameter(p, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(p) || 'shader');
      const uniforms = {}, attributes = {};
      for (let i = 0; i < gl.getProgramParameter(p, gl.ACTIVE_UNIFORMS); i++) {
        const u = gl.getActiveUniform(p, i).name;
        uniforms[u] = gl.getUniformLocation(p, u);
      }
      for (let i = 0; i < gl.getProgramParameter(p, gl.ACTIVE_ATTRIBUTES); i++) {
        const a = gl.getActiveAttrib(p, i).name;
        attributes[a] = gl.getAttribLocation(p, a);
      }
      return { p, u: uniforms, a: attributes };
    }

    buffer(array, old) {
      const gl = this.gl;
      const b = old || gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, b);
      gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
      return b;
    }

    load(view) {
      const gl = this.gl;
      this.count = view.models;
      this.buffer(view.epoch, this.when);
      this.buffer(view.final, this.big);
      this.buffer(view.joined, this.joined);
      this.wideLines = view.models <= WIDE_SEGMENTS;
      const index = new Uint32Array(2 * view.models);
      let n = 0;
      for (let i = 0; i < view.models; i++) { index[n++] = i; if (!view.joined[i]) index[n++] = 0xffffffff; }
      this.indices = n;
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.index);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, index.subarray(0, n), gl.STATIC_DRAW);
    }

    place(arrays) { arrays.forEach((a, k) => this.buffer(a, this.axes[k])); }
    paint(rgba) { this.buffer(rgba, this.colours); }

    // Free-standing line for axes and the geodesic: points (n, 3), one colour, breaks after each pair or none.
    strip(points, rgb, pairs, old) {
      const n = points.length;
      const s = old || { axes: [null, null, null], colours: null, when: null, joined: null };
      for (let k = 0; k < 3; k++) s.axes[k] = this.buffer(Float32Array.from(points, (p) => p[k]), s.axes[k]);
      const c = new Uint8Array(4 * n);
      for (let i = 0; i < n; i++) { c.set(rgb, 4 * i); c[4 * i + 3] = 255; }
      s.colours = this.buffer(c, s.colours);
      s.when = this.buffer(new Float32Array(n).fill(-1), s.when);
      s.joined = this.buffer(Uint8Array.from({ length: n }, (_, i) => (i < n - 1 && (!pairs || i % 2 === 0) ? 1 : 0)),
        s.joined);
      s.count = n;
      return s;
    }

    bind(program, name, buffer, size, type, offset, divisor) {
      const gl = this.gl;
      const at = program.a[name];
      if (at === undefined) return;
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, type, type === gl.UNSIGNED_BYTE && size === 4, 0, offset);
      gl.vertexAttribDivisor(at, divisor);
    }

    use(program, shot, front) {
      const gl = this.gl;
      gl.useProgram(program.p);
      const u = program.u;
      gl.uniformMatrix4fv(u.matrix, false, shot.matrix);
      gl.uniform3fv(u.mid, shot.mid);
      gl.uniform3fv(u.scale, shot.scale);
      gl.uniform3fv(u.paper, shot.paper);
      gl.uniform2fv(u.fog, shot.fog);
      gl.uniform1f(u.until, shot.until);
      if (u.front) gl.uniform1i(u.front, front ? 1 : 0);
      if (u.pixels) gl.uniform2f(u.pixels, this.canvas.width / 2, this.canvas.height / 2);
    }

    // Segments i = from .. to - 1 as quads.
    drawWide(source, from, to, width, opacity, shot, front) {
      const gl = this.gl, p = this.wide;
      if (to <= from) return;
      this.use(p, shot, front);
      gl.uniform1f(p.u.width, width / 2);
      gl.uniform1f(p.u.opacity, opacity);
      this.bind(p, 'corner', this.corner, 2, gl.FLOAT, 0, 0);
      for (let k = 0; k < 3; k++) {
        this.bind(p, 'x' + k, source.axes[k], 1, gl.FLOAT, 4 * from, 1);
        this.bind(p, 'y' + k, source.axes[k], 1, gl.FLOAT, 4 * from + 4, 1);
      }
      this.bind(p, 'when', source.when, 1, gl.FLOAT, 4 * from + 4, 1);
      this.bind(p, 'joined', source.joined, 1, gl.UNSIGNED_BYTE, from, 1);
      this.bind(p, 'colour', source.colours, 4, gl.UNSIGNED_BYTE, 4 * from, 1);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, to - from);
    }

    drawPoints(from, to, size, shot, front) {
      const gl = this.gl, p = this.points;
      if (to <= from) return;
      this.use(p, shot, front);
      gl.uniform1f(p.u.size, size);
      for (let k = 0; k < 3; k++) this.bind(p, 'x' + k, this.axes[k], 1, gl.FLOAT, 0, 0);
      this.bind(p, 'when', this.when, 1, gl.FLOAT, 0, 0);
      this.bind(p, 'big', this.big, 1, gl.UNSIGNED_BYTE, 0, 0);
      this.bind(p, 'colour', this.colours, 4, gl.UNSIGNED_BYTE, 0, 0);
      gl.drawArrays(gl.POINTS, from, to - from);
    }

    drawThin(opacity, shot, front) {
      const gl = this.gl, p = this.thin;
      this.use(p, shot, front);
      gl.uniform1f(p.u.opacity, opacity);
      for (let k = 0; k < 3; k++) this.bind(p, 'x' + k, this.axes[k], 1, gl.FLOAT, 0, 0);
      this.bind(p, 'when', this.when, 1, gl.FLOAT, 0, 0);
      this.bind(p, 'colour', this.colours, 4, gl.UNSIGNED_BYTE, 0, 0);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.index);
      gl.drawElements(gl.LINE_STRIP, this.indices, gl.UNSIGNED_INT, 0);
    }

    // shot: camera and style of this frame; extras: strips under the models; over: runs drawn thick on top.
    draw(shot, extras, over) {
      const gl = this.gl;
      gl.viewport(0, 0, this.canvas.width, this.canvas.height);
      gl.clearColor(...shot.paper, 1);
      gl.enable(gl.DEPTH_TEST);
      gl.depthFunc(gl.LEQUAL);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
      gl.depthMask(true);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.depthMask(false);
      for (const e of extras) if (e.under) this.drawWide(e.strip, 0, e.strip.count - 1, e.width, e.opacity, shot, true);
      const source = { axes: this.axes, colours: this.colours, when: this.when, joined: this.joined };
      for (const front of shot.dimmed ? [false, true] : [true]) {
        gl.depthMask(false);   // lines: thin and transparent, no need to hide one another
        if (this.wideLines) this.drawWide(source, 0, this.count - 1, shot.line, shot.opacity, shot, front);
        else if (this.count) this.drawThin(shot.opacity, shot, front);
        gl.depthMask(front);
        this.drawPoints(0, this.count, shot.size, shot, front);
      }
      gl.depthMask(false);
      for (const e of extras) {
        if (e.under) continue;
        if (e.through) gl.disable(gl.DEPTH_TEST);
        this.drawWide(e.strip, 0, e.strip.count - 1, e.width, e.opacity, shot, true);
        gl.enable(gl.DEPTH_TEST);
      }
      gl.disable(gl.DEPTH_TEST);
      for (const o of over) {
        this.drawWide(source, o.from, o.to, shot.line + 2.5, 0.95, shot, o.front);
        this.drawPoints(o.from, o.to + 1, shot.size * 1.25, shot, o.front);
      }
    }
  }
  LC.Renderer = Renderer;
})();
