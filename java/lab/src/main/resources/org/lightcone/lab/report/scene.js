// SPDX-License-Identifier: Apache-2.0
// What is shown: view, axes, colours, selection. LC.scene holds the state and draws one frame on demand.
'use strict';
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const unique = (list) => [...new Set(list)];
  const mix = (a, b, t) => a.map((v, k) => v + (b[k] - v) * t);

  LC.MODES = {
    network: { label: 'network', of: (run) => run.network },
    optimizer: { label: 'optimiser', of: (run) => run.optimizer },
    progress: { label: 'progress', lo: 0, hi: 1 },
    trainError: { label: 'train error', percent: true },
    testError: { label: 'test error', percent: true },
    loss: { label: 'loss, nats per sample' },
    epoch: { label: 'epoch' },
    step: { label: 'step' },
  };

  const SIGNS = Array.from({ length: 8 }, (_, i) => [(i & 1) * 2 - 1, (i & 2) - 1, (i & 4) / 2 - 1]);

  class Scene {
    constructor(canvas) {
      this.renderer = new LC.Renderer(canvas);
      this.canvas = canvas;
      this.camera = new LC.Camera();
      this.axes = [0, 1, 2];
      this.mode = 'network';
      this.selected = new Set();
      this.hover = -1;
      this.until = Infinity;
      this.extras = [];
    }

    get dark() { return document.documentElement.classList.contains('dark'); }

    setView(i) {
      this.index = i;
      this.view = LC.view(i);
      this.hover = -1;
      for (let k = 0; k < 3; k++) if (this.axes[k] >= this.view.dims) this.axes[k] = -1;
      if (this.axes.every((a) => a < 0)) this.axes = [0, 1, 2].map((k) => (k < this.view.dims ? k : -1));
      this.fill = this.view.fill;
      this.lastEpoch = this.view.epoch.reduce((a, b) => Math.max(a, b), 0);
      this.renderer.load(this.view);
      this.setAxes(this.axes);
      this.paint();
      this.home();
    }

    setAxes(axes) {
      this.axes = axes;
      this.xyz = axes.map((a) => (a < 0 ? this.view.zero : this.view.x[a]));
      this.renderer.place(this.xyz);
      this.measure();
    }

    measure() {
      this.camera.measure(this.view, this.axes, this.fill);
      this.ticks = this.camera.half.map((h, k) => LC.ticks(this.camera.mid[k] - h, this.camera.mid[k] + h));
      this.furnish();
    }

    home() {
      this.camera.yaw = this.view.yaw;
      this.camera.pitch = this.view.pitch;
      this.fit();
    }

    fit() {
      this.moved = false;   // until a hand moves the camera, it follows the size of the window
      const c = this.camera, points = [], m = this.view.models;
      const stride = Math.max(1, Math.floor(m / 4000));
      const add = (x) => points.push(c.box(x, [0, 0, 0]));
      for (let i = 0; i < m; i += stride) add(this.at(i));
      for (const s of this.view.specials) add(this.special(s));
      const near = this.nearest();
      for (const s of SIGNS) if (s.join() !== near.join()) add(this.corner(s));
      c.roomX = this.width > 600 ? 1 - 230 / this.width : 0.9;   // beside the box stand names of axes
      c.frame(points);
    }

    at(i) { return [this.xyz[0][i], this.xyz[1][i], this.xyz[2][i]]; }
    special(s) { return this.axes.map((a) => (a < 0 ? 0 : s.x[a])); }

    corner(s) { return s.map((v, k) => this.camera.mid[k] + v * this.camera.half[k]); }

    // Signs of the corner nearest to the camera: the edges that meet there would run in front of the models.
    nearest() {
      const c = this.camera;
      const depth = (s) => c.turn(c.box(this.corner(s), [0, 0, 0]), [0, 0, 0])[2];
      return SIGNS.reduce((a, b) => (depth(b) > depth(a) ? b : a));
    }

    // The four box edges along axis k: two ends each, and whether the nearest corner is one of them.
    edges(k) {
      const near = this.nearest();
      return SIGNS.filter((s) => s[k] < 0).map((s) => {
        const other = s.map((v, j) => (j === k ? 1 : v));
        return { ends: [this.corner(s), this.corner(other)], front: s.every((v, j) => j === k || v === near[j]) };
      });
    }

    // Lines that are no models: floor, box, geodesic.
    furnish() {
      const c = this.camera, r = this.renderer;
      const faint = rgb(css('--faint')), ink = rgb(css('--ink'));
      const floor = [];
      const low = c.mid[1] - c.half[1];
      for (const x of this.ticks[0]) {
        floor.push([x, low, c.mid[2] - c.half[2]], [x, low, c.mid[2] + c.half[2]]);
      }
      for (const z of this.ticks[2]) {
        floor.push([c.mid[0] - c.half[0], low, z], [c.mid[0] + c.half[0], low, z]);
      }
      const geodesic = this.view.specials.map((s) => this.special(s));
      const old = this.strips || {};
      this.strips = {
        floor: r.strip(floor, faint, true, old.floor), box: r.strip([], faint, true, old.box),
        geodesic: r.strip(geodesic, ink, false, old.geodesic),
      };
      this.extras = [
        { strip: this.strips.floor, width: 1, opacity: 0.6, under: true },
        { strip: this.strips.box, width: 1, opacity: 1, under: true },
      ];
      if (geodesic.length > 1) {
        this.extras.push({ strip: this.strips.geodesic, width: 3.2, opacity: 1 });
        this.extras.push({ strip: this.strips.geodesic, width: 3.2, opacity: 0.4, through: true });   // behind models too
      }
      this.cage = '';
    }

    // The box without the edges in front; they change as it turns.
    enclose() {
      const cage = this.nearest().join();
      if (cage === this.cage) return;
      this.cage = cage;
      const lines = [0, 1, 2].flatMap((k) => (this.axes[k] < 0 ? []
        : this.edges(k).filter((e) => !e.front).flatMap((e) => e.ends)));
      this.renderer.strip(lines, rgb(css('--faint')), true, this.strips.box);
    }

    // Colours of every model for the mode; categories and ranges for the legend.
    paint() {
      const mode = LC.MODES[this.mode], view = this.view, runs = LC.data.runs, m = view.models;
      const paper = this.paper = rgb(css('--card'));
      const rgba = this.rgba = new Uint8Array(4 * Math.max(1, m));
      const dim = this.selected.size > 0;
      let pick;
      if (mode.of) {
        const list = unique(runs.map(mode.of));
        const palette = (this.dark ? LC.data.colours.dark : LC.data.colours.light).map(rgb);
        const code = runs.map((run) => list.indexOf(mode.of(run)));
        this.legend = { list, colours: list.map((_, i) => palette[i % palette.length]) };
        this.runColour = code.map((c) => this.legend.colours[c]);
        pick = (i) => this.runColour[view.run[i]];
      } else {
        const values = view[this.mode];
        let { lo, hi } = mode, more = false;
        if (lo === undefined) {
          const sorted = values.filter(Number.isFinite).sort();
          lo = sorted.length ? sorted[0] : 0;
          hi = sorted.length ? sorted[sorted.length - 1] : 1;
          const high = sorted[Math.floor(0.98 * (sorted.length - 1))];
          // A few diverging models must not squeeze all others into one colour.
          if (this.mode === 'loss' && hi > 1.5 * high) { hi = high; more = true; }
        }
        const ramp = this.ramp();
        const missing = rgb(css('--mut'));
        this.legend = { lo, hi, more, ramp };
        this.runColour = runs.map(() => null);
        pick = (i) => {
          const v = values[i];
          return Number.isFinite(v) ? ramp[Math.max(0, Math.min(255, Math.round(255 * (v - lo) / (hi - lo || 1))))]
            : missing;
        };
      }
      for (let i = 0; i < m; i++) {
        const front = !dim || this.selected.has(view.run[i]);
        const c = front ? pick(i) : mix(pick(i), paper, 0.8);
        rgba[4 * i] = c[0]; rgba[4 * i + 1] = c[1]; rgba[4 * i + 2] = c[2]; rgba[4 * i + 3] = front ? 255 : 0;
      }
      this.renderer.paint(rgba);
      this.furnish();
    }

    // cividis without the end that would vanish into the background.
    ramp() {
      const stops = LC.data.colours.cividis.map(rgb);
      const [from, to] = this.dark ? [0.22, 1] : [0, 0.9];
      return Array.from({ length: 256 }, (_, i) => {
        const at = (from + (to - from) * i / 255) * (stops.length - 1);
        const k = Math.min(stops.length - 2, Math.floor(at));
        return mix(stops[k], stops[k + 1], at - k).map(Math.round);
      });
    }

    select(runs) { this.selected = new Set(runs); this.paint(); this.dirty(); }

    resize() {
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      const w = this.canvas.clientWidth, h = this.canvas.clientHeight;
      this.width = w; this.height = h; this.ratio = ratio;
      this.canvas.width = Math.max(1, Math.round(w * ratio));
      this.canvas.height = Math.max(1, Math.round(h * ratio));
      this.camera.aspect = this.canvas.width / this.canvas.height;
    }

    dirty() {
      if (this.pending) return;
      this.pending = requestAnimationFrame(() => { this.pending = 0; this.draw(); });
    }

    shot() {
      const c = this.camera, m = this.view.models;
      const near = c.distance - 1.5, closer = Math.max(0.6, Math.min(3, Math.sqrt(c.home / c.distance)));
      const size = (m > 30000 ? 2.2 : m > 4000 ? 3.4 : m > 1000 ? 4.6 : 6) * this.ratio * closer;
      return { matrix: c.matrix(), mid: c.mid, scale: c.scale, paper: this.paper.map((v) => v / 255),
        fog: [near, near + 4], until: this.until === Infinity ? 1e30 : this.until, dimmed: this.selected.size > 0,
        size, line: (m > 4000 ? 1 : m > 1000 ? 1.4 : 2) * this.ratio, opacity: m > 30000 ? 0.35 : 0.7 };
    }

    draw() {
      if (!this.width || !this.view) return;
      const over = [];
      const runs = this.selected.size > 0 && this.selected.size <= 8 ? [...this.selected] : [];
      if (this.hover >= 0) runs.push(this.view.run[this.hover]);
      for (const r of unique(runs)) {
        const from = this.view.first[r];
        if (from >= 0) over.push({ from, to: this.view.last[r], front: this.rgba[4 * from + 3] > 0 });
      }
      this.enclose();
      this.last = this.shot();
      this.renderer.draw(this.last, this.extras, over);
      LC.labels.draw(this);
    }

    // Milliseconds of one frame until its last pixel: a promise, because a fence does not stall the page.
    time() {
      const gl = this.renderer.gl, began = performance.now();
      this.draw();
      const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      return new Promise((done) => {
        const look = () => {
          if (gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED || gl.isContextLost()) {
            gl.deleteSync(fence);
            done(performance.now() - began);
          } else setTimeout(look, 1);
        };
        setTimeout(look, 1);
      });
    }

    // The model nearest to a place on screen within reach, the front one of equals; -1 if there is none.
    pick(px, py, reach) {
      const c = this.camera, M = c.matrix(), [X, Y, Z] = this.xyz, m = this.view.models;
      const w2 = this.width / 2, h2 = this.height / 2, dim = this.selected.size > 0;
      let best = -1, least = reach * reach;
      for (let i = 0; i < m; i++) {
        if (this.view.epoch[i] > this.until || (dim && !this.rgba[4 * i + 3])) continue;
        const x = (X[i] - c.mid[0]) * c.scale[0], y = (Y[i] - c.mid[1]) * c.scale[1];
        const z = (Z[i] - c.mid[2]) * c.scale[2];
        const w = M[3] * x + M[7] * y + M[11] * z + M[15];
        if (w <= 0) continue;
        const dx = w2 + w2 * (M[0] * x + M[4] * y + M[8] * z + M[12]) / w - px;
        const dy = h2 - h2 * (M[1] * x + M[5] * y + M[9] * z + M[13]) / w - py;
        const far = dx * dx + dy * dy + 0.5 * w;   // depth only breaks ties
        if (far < least) { least = far; best = i; }
      }
      return best;
    }
  }

  // About four round numbers within [lo, hi].
  LC.ticks = (lo, hi) => {
    if (!(hi > lo)) return [];
    const raw = (hi - lo) / 4, ten = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((f) => f * ten).find((s) => s >= raw);
    const out = [];
    for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) out.push(i * step);
    return out;
  };
  LC.css = css;
  LC.rgb = rgb;
  LC.Scene = Scene;
})();
