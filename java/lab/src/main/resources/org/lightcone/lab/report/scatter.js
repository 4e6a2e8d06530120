// SPDX-License-Identifier: Apache-2.0
// Progress against error, one dot a model, in the colours of the map. Drawn on a plain canvas: SVG would not
// carry 150,000 dots.
'use strict';
(() => {
  const M = { left: 46, right: 12, top: 22, bottom: 36 };

  function draw(canvas, scene, values, name) {
    const w = canvas.clientWidth, h = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
    if (!w) return;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    const g = canvas.getContext('2d');
    g.scale(ratio, ratio);
    const v = scene.view, m = v.models;
    let top = 0;
    for (let i = 0; i < m; i++) if (values[i] > top) top = values[i];
    const hi = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((v) => v >= top) || 1;
    const ys = LC.ticks(0, hi);
    const X = (p) => M.left + (w - M.left - M.right) * p;
    const Y = (e) => h - M.bottom - (h - M.top - M.bottom) * e / hi;
    g.font = '11px ' + getComputedStyle(document.body).fontFamily;
    g.fillStyle = LC.css('--mut');
    g.strokeStyle = LC.css('--edge');
    g.textAlign = 'right';
    g.textBaseline = 'middle';
    for (const y of ys) {
      g.beginPath();
      g.moveTo(M.left, Math.round(Y(y)) + 0.5);
      g.lineTo(w - M.right, Math.round(Y(y)) + 0.5);
      g.stroke();
      g.fillText(+(100 * y).toPrecision(3) + '%', M.left - 7, Y(y));
    }
    g.textAlign = 'center';
    g.textBaseline = 'top';
    for (let x = 0; x <= 10; x += 2) g.fillText(String(x / 10), X(x / 10), h - M.bottom + 7);
    g.fillText('progress', X(0.5), h - 14);
    g.textAlign = 'left';
    g.fillStyle = LC.css('--ink');
    g.font = '600 12px ' + getComputedStyle(document.body).fontFamily;
    g.fillText(name, M.left, 3);
    const size = m > 30000 ? 1.2 : m > 4000 ? 1.8 : 2.6;
    const dim = scene.selected.size > 0;
    let seen = 0;
    for (const front of dim ? [0, 255] : [255]) {
      g.globalAlpha = front ? (m > 4000 ? 0.6 : 0.85) : 0.4;
      for (let i = 0; i < m; i++) {
        if (scene.rgba[4 * i + 3] !== front || v.epoch[i] > scene.until) continue;
        const x = X(v.progress[i]), y = Y(values[i]);
        if (!(x === x && y === y)) continue;
        seen++;
        g.fillStyle = `rgb(${scene.rgba[4 * i]},${scene.rgba[4 * i + 1]},${scene.rgba[4 * i + 2]})`;
        if (m > 4000) g.fillRect(x - size / 2, y - size / 2, size, size);
        else { g.beginPath(); g.arc(x, y, size, 0, 6.2832); g.fill(); }
      }
    }
    g.globalAlpha = 1;
    if (!seen) {
      g.font = '13px ' + getComputedStyle(document.body).fontFamily;
      g.fillStyle = LC.css('--mut');
      g.textAlign = 'center';
      g.fillText('not recorded', X(0.5), h / 2);
    }
  }

  LC.scatter = (scene) => {
    draw(document.getElementById('errtrain'), scene, scene.view.trainError, 'train error');
    draw(document.getElementById('errtest'), scene, scene.view.testError, 'test error');
  };
})();
