const least = 25;
const most = 75;

/** Lets the reader share the width between the list and the details; by keys too. The share is remembered. */
export function makeSplitter(node, box) {
  Object.entries({ role: 'separator', tabindex: '0', 'aria-orientation': 'vertical', 'aria-label': 'Width of the list', 'aria-valuemin': least, 'aria-valuemax': most })
    .forEach(([name, value]) => node.setAttribute(name, value));
  let share = 42;
  const set = (value) => {
    share = Math.max(least, Math.min(most, value));
    box.style.setProperty('--list-width', `${share}%`);
    node.setAttribute('aria-valuenow', String(Math.round(share)));
  };
  const keep = () => {
    try {
      localStorage.setItem('ggrok.split', String(Math.round(share)));
    } catch {
      // Not remembered, then.
    }
  };
  try {
    set(Number(localStorage.getItem('ggrok.split')) || share);
  } catch {
    set(share);
  }
  node.addEventListener('pointerdown', (event) => {
    node.setPointerCapture(event.pointerId);
    node.classList.add('held');
    event.preventDefault();
  });
  node.addEventListener('pointermove', (event) => {
    if (!node.hasPointerCapture(event.pointerId)) return;
    const { left, width } = box.getBoundingClientRect();
    set((event.clientX - left) / width * 100);
  });
  node.addEventListener('lostpointercapture', () => {
    node.classList.remove('held');
    keep();
  });
  node.addEventListener('dblclick', () => { set(42); keep(); });
  node.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -2, ArrowRight: 2, Home: -100, End: 100 }[event.key];
    if (!by) return;
    event.preventDefault();
    set(share + by);
    keep();
  });
}
