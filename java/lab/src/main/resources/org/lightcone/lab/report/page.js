// SPDX-License-Identifier: Apache-2.0
// Puts the page together: theme, controls, legend, table. Publishes what it did on <body data-*>.
'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement, state = document.body.dataset;
  let scene = null;

  // Theme: the system's, until the button says otherwise.
  const system = matchMedia('(prefers-color-scheme: dark)');
  let chosen = null;
  function theme() {
    root.classList.toggle('dark', chosen === null ? system.matches : chosen);
    state.theme = root.classList.contains('dark') ? 'dark' : 'light';
    if (scene) { scene.paint(); legend(); refresh(); }
    swatches();
  }
  system.addEventListener('change', theme);
  $('theme').addEventListener('click', () => { chosen = !root.classList.contains('dark'); theme(); });

  function option(select, value, text) {
    const o = select.appendChild(document.createElement('option'));
    o.value = value;
    o.textContent = text;
  }

  function refresh() {
    scene.dirty();
    LC.scatter(scene);
  }

  // Views: train, test.
  LC.data.views.forEach((view, i) => {
    const b = $('views').appendChild(document.createElement('button'));
    b.type = 'button';
    b.textContent = view.name;
    b.addEventListener('click', () => showView(i));
  });

  function showView(i) {
    root.classList.remove('show0', 'show1', 'show2', 'show3');
    root.classList.add('show' + i);
    [...$('views').children].forEach((b, k) => b.setAttribute('aria-pressed', String(k === i)));
    if (!scene) return;
    scene.setView(i);
    axes();
    $('fill').checked = scene.fill;
    $('until').value = 1000;
    until();
    legend();
    refresh();
    state.view = scene.view.name;
    state.pointsDrawn = scene.view.models;
  }

  // Axes
  function axes() {
    for (let k = 0; k < 3; k++) {
      const s = $('axis' + k);
      s.replaceChildren();
      for (let d = 0; d < scene.view.dims; d++) option(s, d, `PC ${d + 1} ${scene.view.signature[d] < 0 ? '−' : '+'}`);
      option(s, -1, 'none');
      s.value = scene.axes[k];
    }
  }
  for (let k = 0; k < 3; k++) {
    $('axis' + k).addEventListener('change', () => {
      scene.setAxes([0, 1, 2].map((j) => Number($('axis' + j).value)));
      scene.fit();
      scene.dirty();
    });
  }
  $('fill').addEventListener('change', () => {
    scene.fill = $('fill').checked;
    scene.measure();
    scene.fit();
    scene.dirty();
  });
  $('reset').addEventListener('click', () => { scene.home(); choose([], false); scene.dirty(); });

  // Colour and legend
  for (const name of Object.keys(LC.MODES)) option($('colour'), name, LC.MODES[name].label);
  $('colour').addEventListener('change', () => {
    scene.mode = $('colour').value;
    scene.paint();
    legend();
    swatches();
    refresh();
  });

  function legend() {
    const box = $('legend'), mode = LC.MODES[scene.mode], l = scene.legend;
    box.replaceChildren();
    if (l.list) {
      l.list.forEach((name, i) => {
        const runs = LC.data.runs.map((_, r) => r).filter((r) => mode.of(LC.data.runs[r]) === name);
        const b = box.appendChild(document.createElement('button'));
        b.type = 'button';
        b.title = 'Single out ' + name;
        b.appendChild(document.createElement('i')).style.background = `rgb(${l.colours[i]})`;
        b.appendChild(document.createElement('span')).textContent = name;
        b.appendChild(document.createElement('em')).textContent = runs.length;
        const on = scene.selected.size > 0 && runs.every((r) => scene.selected.has(r));
        b.setAttribute('aria-pressed', String(on));
        b.addEventListener('click', (e) => choose(runs, e.shiftKey || e.ctrlKey || e.metaKey));
      });
    } else {
      const s = box.appendChild(document.createElement('div'));
      s.className = 'scale';
      s.appendChild(document.createElement('div')).textContent = mode.label;
      const ramp = s.appendChild(document.createElement('div'));
      ramp.className = 'ramp';
      ramp.style.background = `linear-gradient(90deg, ${l.ramp.filter((_, i) => i % 15 === 0)
        .map((c) => `rgb(${c})`).join(',')})`;
      const ends = s.appendChild(document.createElement('div'));
      ends.className = 'ends';
      const text = (v) => (mode.percent ? LC.percent(v) : LC.number(v));
      ends.appendChild(document.createElement('span')).textContent = text(l.lo);
      ends.appendChild(document.createElement('span')).textContent = (l.more ? '≥ ' : '') + text(l.hi);
    }
  }

  // Selection: chosen runs stand out everywhere; choosing the same again lets go.
  function choose(runs, add) {
    const old = scene.selected;
    const same = runs.length > 0 && runs.every((r) => old.has(r)) && (add || old.size === runs.length);
    let next = add ? new Set([...old, ...runs]) : new Set(runs);
    if (same) next = add ? new Set([...old].filter((r) => !runs.includes(r))) : new Set();
    scene.select(next);
    legend();
    for (const row of rows) row.classList.toggle('on', next.has(Number(row.dataset.run)));
    state.selected = next.size;
    LC.scatter(scene);
  }

  // Training up to an epoch
  let playing = 0;
  function until() {
    const f = Number($('until').value) / 1000;
    scene.until = f >= 1 ? Infinity : scene.lastEpoch * f * f;   // most happens early: finer there
    $('untiltext').textContent = f >= 1 ? `all ${LC.number(scene.lastEpoch)} epochs`
      : `up to epoch ${LC.number(+scene.until.toPrecision(2))}`;
    scene.dirty();
  }
  function stop() { cancelAnimationFrame(playing); playing = 0; $('play').textContent = '▶'; LC.scatter(scene); }
  $('until').addEventListener('input', () => { until(); LC.scatter(scene); });
  $('play').addEventListener('click', () => {
    if (playing) { stop(); return; }
    $('play').textContent = '❚❚';
    const start = performance.now(), from = Number($('until').value) >= 1000 ? 0 : Number($('until').value);
    const frame = (now) => {
      const v = Math.min(1000, from + (now - start) / 8);
      $('until').value = v;
      until();
      if (v < 1000) playing = requestAnimationFrame(frame); else stop();
    };
    playing = requestAnimationFrame(frame);
  });

  // Save
  const menu = (open) => { $('savelist').hidden = !open; $('save').setAttribute('aria-expanded', String(open)); };
  $('save').addEventListener('click', () => menu($('savelist').hidden));
  $('savelist').addEventListener('click', (e) => {
    if (e.target.dataset.save) { LC.save(scene, e.target.dataset.save); menu(false); }
  });
  document.addEventListener('keydown', (e) => { if (e.key === 'Escape') menu(false); });
  document.addEventListener('pointerdown', (e) => { if (!e.target.closest('.menu')) menu(false); });

  // Table
  const table = $('runs'), body = table.tBodies[0];
  const rows = [...body.rows];
  let long = table.classList.contains('brief');   // laying out thousands of rows would delay the map
  $('all').hidden = !long;
  $('all').textContent = `Show all ${rows.length} runs`;
  $('all').addEventListener('click', () => { long = false; table.classList.remove('brief'); $('all').hidden = true; });
  function swatches() {
    const mode = scene && LC.MODES[scene.mode].of ? scene.mode : 'network';
    const list = [...new Set(LC.data.runs.map(LC.MODES[mode].of))];
    const palette = root.classList.contains('dark') ? LC.data.colours.dark : LC.data.colours.light;
    for (const row of rows) {
      const i = list.indexOf(LC.MODES[mode].of(LC.data.runs[row.dataset.run]));
      row.style.setProperty('--dot', palette[i % palette.length]);
    }
  }
  [...table.tHead.rows[0].cells].forEach((th, k) => {
    th.tabIndex = 0;
    const sort = () => {
      const down = th.getAttribute('aria-sort') === 'ascending';
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const key = (row) => { const c = row.cells[k], v = c.dataset.v;
        return v === undefined ? c.textContent : v === '' ? NaN : Number(v); };
      const keys = new Map(rows.map((row) => [row, key(row)]));
      const order = (a, b) => {
        const x = keys.get(a), y = keys.get(b);
        if (x !== x || y !== y) return (x !== x) - (y !== y);   // unknown ones last either way
        const by = typeof x === 'string' ? x.localeCompare(y, 'en', { numeric: true }) : x - y;
        return down ? -by : by;
      };
      rows.sort(order);
      body.append(...rows);
    };
    th.addEventListener('click', sort);
    th.addEventListener('keydown', (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); sort(); } });
  });
  body.addEventListener('click', (e) => {
    const row = e.target.closest('tr');
    if (row && scene) choose([Number(row.dataset.run)], e.shiftKey || e.ctrlKey || e.metaKey);
  });
  $('find').addEventListener('input', () => {
    const words = $('find').value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((w) => text.includes(w));
      if (!row.hidden) n++;
    }
    table.classList.toggle('brief', long && !words.length);   // what is searched must be seen
    $('all').hidden = !table.classList.contains('brief');
    $('found').textContent = words.length ? `${n} of ${rows.length}` : '';
  });

  // Start
  theme();
  showView(0);   // the charts of the first view, with or without WebGL
  if (LC.data.views.length) {
    root.classList.add('webgl');   // the canvas needs its place on the page before it can be measured
    try {
      scene = new LC.Scene($('gl'));
      scene.resize();
      showView(0);
      scene.draw();
      state.gl = 'webgl2';
    } catch (e) {
      scene = null;
      root.classList.remove('webgl');
      state.gl = 'none';
      state.reason = String(e.message || e).slice(0, 300);
    }
  } else state.gl = 'unused';
  state.loadMs = (performance.now() - LC.began).toFixed(0);
  if (scene) {
    LC.scene = scene;
    LC.interact(scene, choose);
    new ResizeObserver(() => { scene.resize(); if (!scene.moved) scene.fit(); scene.draw(); LC.scatter(scene); }).observe($('space'));
    $('gl').addEventListener('webglcontextlost', () => { root.classList.remove('webgl'); state.gl = 'lost'; });
    // The first frame compiled the shaders; this one is what turning the map costs.
    scene.time().then((ms) => { state.frameMs = ms.toFixed(1); state.ready = 'yes'; });
  } else {
    for (const e of document.querySelectorAll('.scatter')) e.hidden = true;
    state.ready = 'yes';
  }
  swatches();
})();
