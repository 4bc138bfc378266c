// Figures as people read them.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1204 → "1,204". */
export const count = (value) => whole.format(value);

/** "1 request", "12 requests". */
export const many = (value, one, more = `${one}s`) => `${count(value)} ${value === 1 ? one : more}`;

/** Sizes with three significant digits, 1 kB = 1,000 bytes. */
export function bytes(value) {
  if (value < 1000) return `${Math.round(value)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = -1;
  do {
    scaled /= 1000;
    unit++;
  } while (scaled >= 999.5 && unit < units.length - 1);
  return `${significant(scaled)} ${units[unit]}`;
}

/** Limits are set in powers of 1,024 and shown so: "256 KiB". */
export function limit(value) {
  const units = ['KiB', 'MiB', 'GiB'];
  let unit = -1;
  let scaled = value;
  while (scaled >= 1024 && scaled % 1024 === 0 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return unit < 0 ? bytes(value) : `${count(scaled)} ${units[unit]}`;
}

/** Milliseconds as "0.42 ms", "12.3 ms", "840 ms", "1.24 s", "3 min 4 s", "2 h 5 min". */
export function duration(ms) {
  if (ms < 0.005) return '0 ms';
  if (ms < 999.5) return `${significant(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${significant(seconds)} s`;
  const total = Math.round(seconds);
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  const minutes = Math.round(total / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function significant(value) {
  if (value >= 99.95) return String(Math.round(value));
  if (value >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

const two = (value) => String(value).padStart(2, '0');

/** Time of day in the reader's zone: "14:03:07". */
export function clock(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Time of day with milliseconds: "14:03:07.042". */
export const exactClock = (date) => `${clock(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;

/** "2026-11-21 14:03:07" in the reader's zone. */
export function dateAndTime(date) {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(date)}`;
}

/** How long before or after now: "in 3 min", "2 h ago". */
export function relative(date, now = new Date()) {
  const ms = date.getTime() - now.getTime();
  const distance = Math.abs(ms);
  const days = Math.floor(distance / 86400000);
  const text = days >= 2 ? `${count(days)} days` : distance < 1000 ? 'now' : coarse(distance);
  if (text === 'now') return text;
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

function coarse(ms) {
  if (ms < 60000) return `${Math.round(ms / 1000)} s`;
  if (ms < 3600000) return `${Math.round(ms / 60000)} min`;
  return `${Math.round(ms / 3600000)} h`;
}
