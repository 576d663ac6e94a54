// dom.js makes elements. All text goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

// el makes an element: el('p', {class: 'x'}, 'text', child).
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

// svg makes an element of SVG.
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children);
}

function fill(e, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) e.append(child);
  return e;
}

// glyph draws the shape of a state.
export function glyph(name, size = 16) {
  return svg('svg', {class: 'g', width: size, height: size, 'aria-hidden': 'true'}, svg('use', {href: '#g-' + name}));
}

// put sets a text if it differs, so that nothing is laid out in vain.
export function put(e, text) {
  const n = e.firstChild;
  if (!n || n.nodeType !== 3 || n.nextSibling) e.textContent = text;
  else if (n.data !== text) n.data = text;
}

// show opens the dialog.
export function show(title, ...body) {
  $('dialogtitle').textContent = title;
  $('dialogbody').replaceChildren(...body);
  $('dialog').showModal();
}

// download hands a file to the reader.
export function download(name, type, ...parts) {
  const a = el('a', {href: URL.createObjectURL(new Blob(parts, {type})), download: name});
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1e4);
}
