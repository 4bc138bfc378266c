// Every text that can be seen has a contrast to its ground of 4.5 : 1, large text 3 : 1 (WCAG 2.2, 1.4.3). Answers with those that have not.
(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, two) => {
    const [high, low] = [light(one), light(two)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  // The grounds beneath an element, the lowest first, each with the opacity of what it is in.
  const groundOf = (node) => {
    if (!node) return document.documentElement.matches('[data-theme=dark]') || (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches) ? [18, 18, 18, 1] : [255, 255, 255, 1];
    const style = getComputedStyle(node);
    const own = rgba(style.backgroundColor);
    // A layer that lies over others without being in them: what it lies on is not its parent's ground.
    return own[3] === 1 ? own : over(own, groundOf(node.parentElement));
  };
  const opacityOf = (node) => (node ? Number(getComputedStyle(node).opacity) * opacityOf(node.parentElement) : 1);
  const failures = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || node.closest('.spoken, .skip, option, :disabled')) continue;
    const style = getComputedStyle(node);
    const ground = groundOf(node);
    const [r, g, b, a] = rgba(style.color);
    const found = ratio(over([r, g, b, a * opacityOf(node)], ground), ground);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (found < wanted) failures.add(`${found.toFixed(2)} ${node.className || node.tagName} in ${node.parentElement.className}: ${text.data.trim().slice(0, 30)}`);
  }
  return [...failures];
})()
