// SPDX-License-Identifier: Apache-2.0
// Saves the current view as SVG or PNG and the view's numbers as CSV. Everything is made in the page.
'use strict';
(() => {
  const esc = (s) => String(s).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c]))
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

  function svg(scene) {
    const c = scene.camera, W = scene.width, H = scene.height, v = scene.view;
    const to = (x) => c.screen(c.box(x, [0, 0, 0]), W, H);
    const at = (p) => p[0].toFixed(1) + ' ' + p[1].toFixed(1);
    const colour = (i) => `rgb(${scene.rgba[4 * i]},${scene.rgba[4 * i + 1]},${scene.rgba[4 * i + 2]})`;
    const style = { ink: LC.css('--ink'), mut: LC.css('--mut'), faint: LC.css('--faint'), card: LC.css('--card') };
    const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" width="${W}" height="${H}" `
      + `font-family="system-ui,sans-serif"><title>${esc(LC.data.title)}</title>`
      + `<rect width="100%" height="100%" fill="${style.card}"/>`];
    for (let k = 0; k < 3; k++) {
      if (scene.axes[k] < 0) continue;
      for (const e of scene.edges(k)) {
        if (!e.front) out.push(`<path d="M${e.ends.map((x) => at(to(x))).join('L')}" stroke="${style.faint}"/>`);
      }
    }
    const size = scene.last.size / scene.ratio / 2;
    const whole = LC.MODES[scene.mode].of;   // one colour a run: one path a run
    for (const front of scene.selected.size ? [0, 255] : [255]) {
      let path = '', dots = [];
      for (let i = 0; i < v.models; i++) {
        if (scene.rgba[4 * i + 3] !== front || v.epoch[i] > scene.until) continue;
        const p = to(scene.at(i)), joined = v.joined[i] && v.epoch[i + 1] <= scene.until;
        if (whole) path += (path ? 'L' : 'M') + at(p);
        else if (joined) out.push(`<path d="M${at(p)}L${at(to(scene.at(i + 1)))}" stroke="${colour(i + 1)}"/>`);
        if (whole && !joined) {
          out.push(`<path d="${path}" fill="none" stroke="${colour(i)}" stroke-opacity=".7"/>`);
          path = '';
        }
        dots.push(`<circle cx="${p[0].toFixed(1)}" cy="${p[1].toFixed(1)}" r="${(v.final[i] ? 1.9 * size : size)
          .toFixed(1)}" fill="${colour(i)}"/>`);
      }
      out.push(...dots);
    }
    const points = v.specials.map((s) => at(to(scene.special(s))));
    if (points.length > 1) {
      out.push(`<path d="M${points.join('L')}" fill="none" stroke="${style.ink}" stroke-width="2.6"/>`);
    }
    const layer = document.getElementById('labels');
    for (const e of layer.querySelectorAll('svg > *')) {   // marks and named edges as the page shows them
      if (e.style.display === 'none') continue;
      const copy = e.cloneNode();
      for (const a of ['fill', 'stroke']) {
        const m = /var\((--\w+)\)/.exec(copy.getAttribute(a) || '');
        if (m) copy.setAttribute(a, LC.css(m[1]));
      }
      copy.removeAttribute('style');
      out.push(new XMLSerializer().serializeToString(copy));
    }
    const origin = layer.getBoundingClientRect();
    for (const e of layer.querySelectorAll('span')) {
      if (e.style.visibility === 'hidden') continue;
      const r = e.getBoundingClientRect(), s = getComputedStyle(e);
      const x = (r.left + r.right) / 2 - origin.left, y = (r.top + r.bottom) / 2 - origin.top;
      out.push(`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="middle" dominant-baseline="central" `
        + `font-size="${s.fontSize}" font-weight="${s.fontWeight}" fill="${s.color}"`
        + `${r.height > r.width && e.textContent.length > 4 ? ` transform="rotate(-90 ${x} ${y})"` : ''}>`
        + `${esc(e.textContent)}</text>`);
    }
    if (scene.legend.list) {
      scene.legend.list.forEach((name, i) => out.push(`<circle cx="22" cy="${20 + 18 * i}" r="5" `
        + `fill="rgb(${scene.legend.colours[i]})"/><text x="34" y="${24 + 18 * i}" font-size="12" `
        + `fill="${style.ink}">${esc(name)}</text>`));
    }
    return out.join('\n') + '\n</svg>\n';
  }

  function csv(scene) {
    const v = scene.view;
    // A leading = + - @ would be run as a formula by spreadsheets.
    const quote = (s) => `"${(/^[=+\-@\t\r]/.test(s) ? "'" : '') + s.replace(/"/g, '""')}"`;
    const names = ['run', 'label', 'network', 'optimizer', 'record', 'step', 'epoch', 'progress', 'train_error',
      'test_error', 'loss'];
    const rows = [names.concat(v.x.map((_, k) => 'pc' + (k + 1))).join(',')];
    const number = (x) => (Number.isFinite(x) ? +x.toPrecision(7) : '');
    for (let i = 0; i < v.models; i++) {
      const run = LC.data.runs[v.run[i]];
      rows.push([quote(run.id), quote(run.label), quote(run.network), quote(run.optimizer), v.record[i], v.step[i],
        ...['epoch', 'progress', 'trainError', 'testError', 'loss'].map((n) => number(v[n][i])),
        ...v.x.map((x) => number(x[i]))].join(','));
    }
    for (const s of v.specials) {
      rows.push(['', quote(s.kind), '', '', '', '', '', s.kind === 'geodesic' ? s.t : '', '', '', '', ...s.x].join(','));
    }
    return rows.join('\n') + '\n';
  }

  function give(content, type, name) {
    const a = document.createElement('a');
    a.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10000);
  }

  LC.save = (scene, kind) => {
    const name = `lightcone-${scene.view.name.replace(/\W+/g, '-')}.${kind}`;
    if (kind === 'svg') give(svg(scene), 'image/svg+xml', name);
    else if (kind === 'csv') give(csv(scene), 'text/csv', name);
    else {
      scene.draw();   // the buffer is only there within this turn
      scene.canvas.toBlob((b) => give(b, 'image/png', name));
    }
  };
  LC.texts = { svg, csv };
})();
