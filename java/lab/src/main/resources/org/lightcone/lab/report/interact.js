// SPDX-License-Identifier: Apache-2.0
// Mouse, wheel, touch and keyboard on the map; the tip under the pointer.
'use strict';
(() => {
  const tip = document.getElementById('tip');
  const said = document.getElementById('said');
  const REACH = 14;   // pixels around the pointer in which a model is found

  function facts(scene, i) {
    const v = scene.view, run = LC.data.runs[v.run[i]];
    const n = v.last[v.run[i]] - v.first[v.run[i]] + 1;
    const rows = [['network', run.network], ['optimiser', run.optimizer],
      ['checkpoint', `${v.record[i]} (${i - v.first[v.run[i]] + 1} of ${n})`],
      ['epoch', LC.number(v.epoch[i])], ['step', LC.number(v.step[i])], ['progress', LC.number(v.progress[i])],
      ['train error', LC.percent(v.trainError[i])], ['test error', LC.percent(v.testError[i])],
      ['loss', LC.number(v.loss[i]) + ' nats']];
    return { title: run.label, rows };
  }

  function show(scene, i, x, y) {
    scene.hover = i;
    tip.hidden = i < 0;
    if (i >= 0) {
      const { title, rows } = facts(scene, i);
      tip.replaceChildren();
      tip.appendChild(document.createElement('b')).textContent = title;
      const list = tip.appendChild(document.createElement('dl'));
      for (const [name, value] of rows) {
        list.appendChild(document.createElement('dt')).textContent = name;
        list.appendChild(document.createElement('dd')).textContent = value;
      }
      const w = tip.offsetWidth, h = tip.offsetHeight;
      const left = x + 16 + w > scene.width ? x - 16 - w : x + 16;
      const top = Math.max(4, Math.min(scene.height - h - 4, y - h / 2));
      tip.style.transform = `translate(${Math.max(4, left)}px,${top}px)`;
    }
    scene.dirty();
  }

  // For keyboards and screen readers: walk along a run, or to the next run.
  function walk(scene, along) {
    const v = scene.view;
    if (!v.models) return;
    let i = scene.hover < 0 ? 0 : scene.hover;
    if (scene.hover >= 0) {
      if (Math.abs(along) === 1) i = Math.max(0, Math.min(v.models - 1, i + along));
      else {
        const shown = LC.data.runs.map((_, r) => r).filter((r) => v.first[r] >= 0);
        const at = shown.indexOf(v.run[i]);
        i = v.first[shown[(at + Math.sign(along) + shown.length) % shown.length]];
      }
    }
    const p = scene.camera.screen(scene.camera.box(scene.at(i), [0, 0, 0]), scene.width, scene.height);
    show(scene, i, p[0], p[1]);
    const { title, rows } = facts(scene, i);
    said.textContent = title + ': ' + rows.map((r) => r.join(' ')).join(', ');
  }

  function zoom(scene, factor, x, y) {
    const c = scene.camera, before = c.distance;
    scene.moved = true;
    c.distance = Math.max(0.05 * c.home, Math.min(5 * c.home, c.distance * factor));
    // The point under the pointer stays where it is.
    const unit = (d) => d / LC.FOCAL / (scene.height / 2);
    c.panX += (x - scene.width / 2) * (unit(before) - unit(c.distance));
    c.panY -= (y - scene.height / 2) * (unit(before) - unit(c.distance));
    scene.dirty();
  }

  function pan(scene, dx, dy) {
    const unit = scene.camera.distance / LC.FOCAL / (scene.height / 2);
    scene.moved = true;
    scene.camera.panX -= dx * unit;
    scene.camera.panY += dy * unit;
    scene.dirty();
  }

  function turn(scene, dx, dy) {
    const c = scene.camera;
    scene.moved = true;
    c.yaw += dx * 0.008;
    c.pitch = Math.max(-1.55, Math.min(1.55, c.pitch + dy * 0.008));
    scene.dirty();
  }

  LC.interact = (scene, choose) => {
    const canvas = scene.canvas, held = new Map();
    let moved = 0, gap = 0;
    const place = (e) => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };

    canvas.addEventListener('pointerdown', (e) => {
      canvas.setPointerCapture(e.pointerId);
      held.set(e.pointerId, place(e));
      moved = 0;
      gap = 0;
      show(scene, -1);
    });
    canvas.addEventListener('pointermove', (e) => {
      const [x, y] = place(e);
      if (!held.has(e.pointerId)) {
        if (e.pointerType !== 'touch') show(scene, scene.pick(x, y, REACH), x, y);
        return;
      }
      const [ox, oy] = held.get(e.pointerId);
      held.set(e.pointerId, [x, y]);
      moved += Math.abs(x - ox) + Math.abs(y - oy);
      if (held.size === 1) {
        if (e.shiftKey || e.buttons & 6) pan(scene, x - ox, y - oy); else turn(scene, x - ox, y - oy);
      } else if (held.size === 2) {   // two fingers: pinch to zoom, together to move
        const [a, b] = [...held.values()];
        const wide = Math.hypot(a[0] - b[0], a[1] - b[1]);
        if (gap > 0 && wide > 0) zoom(scene, gap / wide, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        gap = wide;
        pan(scene, (x - ox) / 2, (y - oy) / 2);
      }
    });
    const release = (e) => {
      const [x, y] = place(e);
      const tap = held.delete(e.pointerId) && moved < 5 && e.type === 'pointerup' && e.button === 0;
      if (!tap) return;
      const i = scene.pick(x, y, e.pointerType === 'touch' ? 24 : REACH);
      if (e.pointerType === 'touch' && i >= 0) show(scene, i, x, y);
      if (i >= 0) choose([scene.view.run[i]], e.shiftKey || e.ctrlKey || e.metaKey);
      else if (scene.selected.size) choose([], false);
    };
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('pointerleave', () => { if (!held.size) show(scene, -1); });
    canvas.addEventListener('contextmenu', (e) => e.preventDefault());
    canvas.addEventListener('wheel', (e) => {
      e.preventDefault();
      const [x, y] = place(e);
      zoom(scene, Math.exp(Math.max(-60, Math.min(60, e.deltaY * (e.deltaMode ? 20 : 1))) * 0.0025), x, y);
    }, { passive: false });
    canvas.addEventListener('dblclick', () => { scene.home(); scene.dirty(); });
    canvas.addEventListener('keydown', (e) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      const middle = [scene.width / 2, scene.height / 2];
      if (step && e.shiftKey) pan(scene, -30 * step[0], -30 * step[1]);
      else if (step) turn(scene, 10 * step[0], 10 * step[1]);
      else if (e.key === '+' || e.key === '=') zoom(scene, 0.85, ...middle);
      else if (e.key === '-') zoom(scene, 1 / 0.85, ...middle);
      else if (e.key === 'Home' || e.key === '0') { scene.home(); scene.dirty(); }
      else if (e.key === '.' || e.key === ',') walk(scene, e.key === '.' ? 1 : -1);
      else if (e.key === 'n' || e.key === 'p') walk(scene, e.key === 'n' ? 2 : -2);
      else if (e.key === 'Enter' && scene.hover >= 0) choose([scene.view.run[scene.hover]], e.shiftKey);
      else if (e.key === 'Escape') { show(scene, -1); choose([], false); }
      else return;
      e.preventDefault();
    });
  };
})();
