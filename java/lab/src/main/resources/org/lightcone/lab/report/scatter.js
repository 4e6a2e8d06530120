// SPDX-License-Identifier: Apache-2.0
// Progress against error, one dot a model, in the colours of the map. Drawn on a plain canvas: SVG would not
// carry 150,000 dots, and neither does a canvas that hands every dot to the GPU (ten seconds with software GL), so
// above MANY the pixels are set here.
'use strict';
(() => {
  const MANY = 4000;
  const M = { left: 46, right: 12, top: 22, bottom: 36 };

  // Calls back for every model to be drawn, those in the background first; says how many there were.
  function each(scene, values, X, Y, one) {
    const v = scene.view;
    let seen = 0;
    for (const front of scene.selected.size ? [0, 255] : [255]) {
      for (let i = 0; i < v.models; i++) {
        if (scene.rgba[4 * i + 3] !== front || v.epoch[i] > scene.until) continue;
        const x = X(v.progress[i]), y = Y(values[i]);
        if (!(x === x && y === y)) continue;   // unknown
        seen++;
        one(x, y, 4 * i, front);
      }
    }
    return seen;
  }

  function dots(g, scene, values, X, Y) {
    const c = scene.rgba;
    const seen = each(scene, values, X, Y, (x, y, i, front) => {
      g.globalAlpha = front ? 0.85 : 0.4;
      g.fillStyle = `rgb(${c[i]},${c[i + 1]},${c[i + 2]})`;
      g.beginPath();
      g.arc(x, y, 2.6, 0, 6.2832);
      g.fill();
    });
    g.globalAlpha = 1;
    return seen;
  }

  function pixels(g, scene, values, X, Y, ratio) {
    const c = scene.rgba, w = g.canvas.width, h = g.canvas.height;
    const image = g.getImageData(0, 0, w, h), data = image.data, size = Math.max(1, Math.round(2 * ratio));
    const seen = each(scene, values, X, Y, (x, y, i, front) => {
      const a = front ? 0.6 : 0.3, left = Math.round(x * ratio), top = Math.round(y * ratio);
      for (let q = top; q < Math.min(h, top + size); q++) {
        for (let p = left; p < Math.min(w, left + size); p++) {
          const k = 4 * (q * w + p), under = data[k + 3] / 255, all = a + under * (1 - a);
          for (let j = 0; j < 3; j++) data[k + j] = (c[i + j] * a + data[k + j] * under * (1 - a)) / all;
          data[k + 3] = 255 * all;
        }
      }
    });
    g.putImageData(image, 0, 0);
    return seen;
  }

  function draw(canvas, scene, values, name) {
    const w = canvas.clientWidth, h = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
    if (!w) return;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    const g = canvas.getContext('2d', { willReadFrequently: true });
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
    const seen = (m > MANY ? pixels : dots)(g, scene, values, X, Y, ratio);
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
