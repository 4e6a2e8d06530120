// SPDX-License-Identifier: Apache-2.0
// Reads the packed numbers: LC.data = {title, runs, views, colours}; every view gets its columns as typed arrays.
'use strict';
const LC = {};
(() => {
  const began = performance.now();
  const root = JSON.parse(document.getElementById('data').textContent);
  const bytes = new Map();

  function blob(i) {
    if (!bytes.has(i)) {
      const text = atob(root.blobs[i]);
      const out = new Uint8Array(text.length);
      for (let k = 0; k < text.length; k++) out[k] = text.charCodeAt(k);
      bytes.set(i, out);
    }
    return bytes.get(i);
  }

  // The file is little-endian, and so is every machine a browser runs on today.
  const halves = (i) => { const b = blob(i); return new Uint16Array(b.buffer, 0, b.length >> 1); };
  const floats = (i) => { const b = blob(i); return new Float32Array(b.buffer, 0, b.length >> 2); };

  function column(c) {
    if (c.e === 'f32') return floats(c.b);
    const codes = halves(c.b);
    const out = new Float32Array(codes.length);
    if (c.e === 'dict') {
      const table = floats(c.table);
      for (let k = 0; k < out.length; k++) out[k] = table[codes[k]];
    } else {
      const step = (c.hi - c.lo) / 65534;
      for (let k = 0; k < out.length; k++) out[k] = codes[k] === 65535 ? NaN : c.lo + step * codes[k];
    }
    return out;
  }

  const cache = new Map();
  function shared(c) {   // views often share columns: decode each once
    const key = JSON.stringify(c);
    if (!cache.has(key)) cache.set(key, column(c));
    return cache.get(key);
  }

  function open(view) {
    const m = view.models;
    view.x = view.x.map(column);
    for (const name of Object.keys(view.columns)) view[name] = shared(view.columns[name]);
    view.columns = null;
    view.first = new Int32Array(root.runs.length).fill(-1);
    view.last = new Int32Array(root.runs.length).fill(-1);
    view.joined = new Uint8Array(Math.max(1, m));   // model i and i + 1 belong to one run
    view.final = new Uint8Array(Math.max(1, m));
    for (let i = 0; i < m; i++) {
      const r = view.run[i];
      if (view.first[r] < 0) view.first[r] = i;
      view.last[r] = i;
      view.joined[i] = i + 1 < m && view.run[i + 1] === r ? 1 : 0;
      view.final[i] = view.joined[i] ? 0 : 1;
    }
    view.zero = new Float32Array(Math.max(1, m));   // stands in for an axis that does not exist
    const order = { ignorance: 0, geodesic: 1, truth: 2 };
    view.specials.sort((a, b) => a.t - b.t || order[a.kind] - order[b.kind]);
    view.ready = true;
    return view;
  }

  LC.data = root;
  LC.view = (i) => (root.views[i].ready ? root.views[i] : open(root.views[i]));
  LC.began = began;

  // A number for people: four significant digits, no tail of zeros.
  LC.number = (v) => {
    if (!Number.isFinite(v)) return '–';
    const a = Math.abs(v);
    if (a !== 0 && (a < 1e-4 || a >= 1e7)) return v.toExponential(1);
    return String(+v.toPrecision(4));
  };
  LC.percent = (v) => (Number.isFinite(v) ? (100 * v).toFixed(1) + '%' : '–');
})();
