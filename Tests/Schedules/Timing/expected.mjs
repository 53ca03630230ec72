// Writes expected.txt: random expressions, time zones and times, and the next ticks as croner reckons them, an independent implementation.
//   npm install --no-save croner@11.0.1 && node expected.mjs [seed] > expected.txt
// Each line: expression, zone, the time after which ticks are looked for, and the ticks: all in seconds since 1970, ticks as distances from each other.
// Left out, because croner does not take them: L-3, 5/20 (a step without a range), H. All else is expected to be the same, to the second.
import { Cron } from 'croner';

const zones = [
  'UTC', 'Europe/Berlin', 'Europe/London', 'Europe/Lisbon', 'Europe/Istanbul', 'Europe/Kyiv', 'Europe/Chisinau', 'America/New_York',
  'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Phoenix', 'America/St_Johns', 'America/Halifax', 'America/Havana',
  'America/Sao_Paulo', 'America/Santiago', 'America/Nuuk', 'Africa/Cairo', 'Africa/Casablanca', 'Africa/Lagos', 'Asia/Kolkata',
  'Asia/Kathmandu', 'Asia/Tokyo', 'Asia/Shanghai', 'Asia/Jerusalem', 'Asia/Beirut', 'Asia/Tehran', 'Australia/Sydney', 'Australia/Adelaide',
  'Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Chatham', 'Pacific/Apia', 'Atlantic/Azores',
];
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

let state = Number(process.argv[2] ?? 20261122);
const random = () => { // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const int = (from, to) => from + Math.floor(random() * (to - from + 1));
const pick = list => list[int(0, list.length - 1)];
const chance = p => random() < p;

const value = (min, max, names) => { const v = int(min, max); return names && chance(0.5) ? names[v - min] : String(v); };
const range = (min, max) => { const a = int(min, max - 1); return `${a}-${int(a + 1, max)}`; };
const item = (min, max, names) => {
  const r = random();
  if (r < 0.6) return value(min, max, names);
  if (r < 0.8) return range(min, max);
  return `${range(min, max)}/${int(1, Math.max(2, Math.floor(max / 2)))}`;
};
const field = (min, max, stars, names) => {
  const r = random();
  if (r < stars) return '*';
  if (r < stars + 0.1) return `*/${int(2, Math.max(2, Math.floor(max / 2)))}`;
  return Array.from({ length: chance(0.75) ? 1 : int(2, 3) }, () => item(min, max, names)).join(',');
};
const dayOfMonth = () => {
  const r = random();
  if (r < 0.06) return 'L';
  if (r < 0.09) return 'LW';
  if (r < 0.15) return `${int(1, 31)}W`;
  if (r < 0.18) return '?';
  return field(1, 31, 0.5);
};
const dayOfWeek = () => {
  const r = random();
  if (r < 0.06) return `${int(0, 6)}L`;
  if (r < 0.14) return `${chance(0.5) ? pick(days) : int(0, 7)}#${int(1, 5)}`;
  if (r < 0.17) return '?';
  return field(0, 6, 0.55, days);
};
const expression = () => {
  // Hours of the night, in which clocks are changed, are more frequent.
  const hour = chance(0.35) ? String(int(0, 3)) : field(0, 23, 0.3);
  const fields = [chance(0.5) ? String(int(0, 59)) : field(0, 59, 0.2), hour, dayOfMonth(), field(1, 12, 0.6, months), dayOfWeek()];
  if (chance(0.3)) fields.unshift(chance(0.6) ? String(int(0, 59)) : field(0, 59, 0.2));
  return fields.join(' ');
};

const offsetAt = (zone, at) => {
  const text = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at).find(p => p.type === 'timeZoneName').value;
  return text;
};
const changesOf = zone => {
  const found = [];
  const end = Date.UTC(2031, 0, 1);
  for (let at = Date.UTC(2023, 0, 1); at < end; at += 43200e3) {
    if (offsetAt(zone, at) !== offsetAt(zone, at + 43200e3)) found.push(at + 43200e3);
  }
  return found;
};
const changes = new Map(zones.map(zone => [zone, changesOf(zone)]));

for (let n = 0; n < 10_000;) {
  const [text, zone] = [expression(), pick(zones)];
  const near = changes.get(zone);
  const from = near.length > 0 && chance(0.5) ? pick(near) / 1000 - int(0, 48 * 3600) : int(Date.UTC(2023, 0, 1) / 1000, Date.UTC(2030, 0, 1) / 1000);
  let ticks;
  try {
    ticks = new Cron(text, { timezone: zone, paused: true, fixedTimeRule: 'no-wildcard' }).nextRuns(5, new Date(from * 1000));
  } catch {
    continue; // it found no time within its bounds, or the expression has none
  }
  if (ticks.length < 5 || ticks[4] >= Date.UTC(2037, 0, 1)) continue;
  let last = from;
  const distances = ticks.map(tick => { const [d, t] = [tick / 1000 - last, tick / 1000]; last = t; return d; });
  console.log([text, zone, from, distances.join(' ')].join('\t'));
  n++;
}
