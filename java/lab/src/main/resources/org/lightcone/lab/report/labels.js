// SPDX-License-Identifier: Apache-2.0
// Text over the picture: names and numbers of the axes, ignorance and truth. What would overlap is left out,
// the less important one first.
'use strict';
(() => {
  const layer = document.getElementById('labels');
  const NS = layer.namespaceURI && 'http://www.w3.org/2000/svg';
  const svg = layer.appendChild(document.createElementNS(NS, 'svg'));
  const shape = (name, attributes) => {
    const e = document.createElementNS(NS, name);
    for (const key of Object.keys(attributes)) e.setAttribute(key, attributes[key]);
    return svg.appendChild(e);
  };
  const lines = [0, 1, 2].map(() => shape('line', { stroke: 'var(--mut)', 'stroke-width': 1.5 }));
  const ring = shape('circle', { r: 6, fill: 'var(--card)', stroke: 'var(--ink)', 'stroke-width': 2.4 });
  const diamond = shape('path', { d: 'M0-8L8 0L0 8L-8 0z', fill: 'var(--ink)', stroke: 'var(--card)',
    'stroke-width': 1.2 });
  const here = shape('circle', { r: 6, fill: 'none', stroke: 'var(--ink)', 'stroke-width': 2 });   // under the pointer
  const pool = [];
  let used = 0, taken = [];

  const clamp = (v, lo, hi) => Math.max(lo, Math.min(hi, v));

  function text(string, cls, x, y, ax, ay, turned, must) {
    let e = pool[used];
    if (!e) { e = pool[used] = layer.appendChild(document.createElement('span')); e.size = {}; }
    used++;
    if (e.textContent !== string || e.className !== cls) {
      e.textContent = string;
      e.className = cls;
      e.size = { w: e.offsetWidth, h: e.offsetHeight };
    }
    const { w, h } = e.size;
    const bw = turned ? h : w, bh = turned ? w : h;
    let left = x - ax * bw, top = y - ay * bh;
    if (must) {   // what must be shown is kept inside the picture
      left = clamp(left, 4, layer.clientWidth - bw - 4);
      top = clamp(top, 4, layer.clientHeight - bh - 4);
    }
    const box = [left, top, left + bw, top + bh];
    const hit = taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
    // Off the picture is as bad as on top of another one.
    const out = box[0] < 2 || box[1] < 2 || box[2] > layer.clientWidth - 2 || box[3] > layer.clientHeight - 2;
    if ((hit || out) && !must) { used--; e.style.visibility = 'hidden'; return false; }
    taken.push(box);
    e.style.visibility = 'visible';
    e.style.transform = turned ? `translate(${(box[0] + bw / 2).toFixed(1)}px,${(box[1] + bh / 2).toFixed(1)}px) `
      + `translate(-50%,-50%) rotate(-90deg)` : `translate(${box[0].toFixed(1)}px,${box[1].toFixed(1)}px)`;
    return true;
  }

  function axisName(scene, k) {
    const a = scene.axes[k], v = scene.view;
    const gain = v.gain[a] === undefined ? '' : ` · +${(100 * v.gain[a]).toFixed(v.gain[a] < 0.0995 ? 1 : 0)}%`;
    if (scene.width < 480) return `PC ${a + 1} ${v.signature[a] < 0 ? 'time-like' : 'space-like'}`;
    return `PC ${a + 1} · ${v.signature[a] < 0 ? 'time-like' : 'space-like'}${gain}`;
  }

  // Ignorance, truth and the geodesic: always marked, and named at the first place that is free.
  function marks(scene, to) {
    ring.style.display = diamond.style.display = 'none';
    const points = scene.view.specials.map((s) => ({ s, p: to(scene.special(s)) }));
    const ends = points.filter(({ s }) => s.kind !== 'geodesic');
    for (const { p } of ends) taken.push([p[0] - 8, p[1] - 8, p[0] + 8, p[1] + 8]);
    const stride = Math.max(1, Math.floor(scene.view.models / 400)), cloud = points.map(({ p }) => p);
    for (let i = 0; i < scene.view.models; i += stride) cloud.push(to(scene.at(i)));
    for (const { s, p } of ends) {
      const mark = s.kind === 'truth' ? diamond : ring;
      mark.style.display = '';
      mark.setAttribute('transform', `translate(${p[0].toFixed(1)} ${p[1].toFixed(1)})`);
      // The place that covers the fewest models.
      const places = [[0.5, -1], [1, -0.6], [-1, -0.6], [1, 0.6], [-1, 0.6], [0, 1]];
      const half = 3.8 * s.kind.length;
      const covered = ([x, y]) => cloud.filter((q) => Math.abs(q[0] - p[0] - (12 + half) * x) < half
        && Math.abs(q[1] - p[1] - 19 * y) < 10).length;
      const ranked = places.map((at) => [covered(at), at]).sort((a, b) => a[0] - b[0]).map((r) => r[1]);
      [...ranked, ranked[0]].some(([x, y], i) => text(s.kind, 'mark', p[0] + 12 * x, p[1] + 11 * y, (1 - x) / 2,
        (1 - y) / 2, false, i === places.length));
    }
    const inner = points.filter(({ s }) => s.kind === 'geodesic');
    [0.5, 0.35, 0.65].some((t) => {
      const near = inner.reduce((a, b) => (!a || Math.abs(b.s.t - t) < Math.abs(a.s.t - t) ? b : a), null);
      return near && text('geodesic', 'mark', near.p[0], near.p[1] - 12, 0.5, 1, false, false);
    });
  }

  function draw(scene) {
    const c = scene.camera, W = scene.width, H = scene.height;
    const to = (x) => c.screen(c.box(x, [0, 0, 0]), W, H);
    here.style.display = scene.hover < 0 ? 'none' : '';
    if (scene.hover >= 0) {
      const p = to(scene.at(scene.hover));
      here.setAttribute('transform', `translate(${p[0].toFixed(1)} ${p[1].toFixed(1)})`);
    }
    used = 0;
    taken = [];
    const legend = document.getElementById('legend');
    taken.push([legend.offsetLeft, legend.offsetTop, legend.offsetLeft + legend.offsetWidth,
      legend.offsetTop + legend.offsetHeight]);
    const middle = to(c.mid);
    const ends = [0, 1, 2].map((k) => {
      lines[k].style.display = scene.axes[k] < 0 ? 'none' : '';
      if (scene.axes[k] < 0) return null;
      // The upright axis is named at the left, the level ones at the bottom: outside the models.
      const rank = (e) => (k === 1 ? -(e[2][0] + e[3][0]) : e[2][1] + e[3][1]);
      const best = scene.edges(k).map((e) => [...e.ends, ...e.ends.map(to)])
        .reduce((a, b) => (rank(b) > rank(a) ? b : a));
      const [, , p, q] = best;
      const set = { x1: p[0], y1: p[1], x2: q[0], y2: q[1] };
      for (const key of Object.keys(set)) lines[k].setAttribute(key, set[key].toFixed(1));
      lines[k].setAttribute('stroke', scene.view.signature[scene.axes[k]] < 0 ? 'var(--time)' : 'var(--mut)');
      const length = Math.hypot(q[0] - p[0], q[1] - p[1]) || 1;
      let n = [-(q[1] - p[1]) / length, (q[0] - p[0]) / length];   // across the edge, away from the middle
      const mid = [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
      if ((mid[0] - middle[0]) * n[0] + (mid[1] - middle[1]) * n[1] < 0) n = n.map((v) => -v);
      return { best, mid, n, length };
    });
    ends.forEach((e, k) => {
      if (!e || e.length < 40) return;
      const cls = 'name' + (scene.view.signature[scene.axes[k]] < 0 ? ' istime' : '');
      const name = axisName(scene, k), far = 34 + 16 * Math.abs(e.n[0]);
      if (k === 1) {
        text(name, cls, e.mid[0] + e.n[0] * far, e.mid[1], 0.5, 0.5, true, true);
      } else {
        const lean = Math.sign(e.n[0]) * Math.min(1, 2 * Math.abs(e.n[0]));   // beside a steep edge, under a flat one
        text(name, cls, e.mid[0] + e.n[0] * far, e.mid[1] + e.n[1] * far, (1 - lean) / 2, 0.5, false, true);
      }
    });
    marks(scene, to);
    ends.forEach((e, k) => {
      if (!e || e.length < 40) return;
      for (const t of scene.ticks[k]) {
        const x = e.best[0].slice();
        x[k] = t;
        const p = to(x);
        text(String(+t.toPrecision(6)).replace('-', '−'), 'tick', p[0] + e.n[0] * 8, p[1] + e.n[1] * 8,
          (1 - e.n[0]) / 2, (1 - e.n[1]) / 2, false, false);
      }
    });
    for (let i = used; i < pool.length; i++) pool[i].style.visibility = 'hidden';
  }
  LC.labels = { draw, axisName };
})();
