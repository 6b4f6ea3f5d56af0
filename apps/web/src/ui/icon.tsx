/** The console's glyphs, drawn on a grid of 24 with a stroke of 1.75. Decorative: the words stand beside them. */
const paths = {
  map: 'M5.5 12a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM15 6a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM15 18a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM22.500 12a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM5.300 11l5.900-3.900M14.700 7.200l4.200 3.400M5.300 13l5.900 3.900M14.700 16.800l4.200-3.400',
  services:
    'M12 3l4.500 2.600v5.200L12 13.400l-4.500-2.600V5.600zM7 12.500l4.300 2.500v4.900L7 22.400l-4.300-2.500V15zM17 12.500l4.300 2.500v4.900L17 22.400l-4.300-2.500V15z',
  traces: 'M3 5h11M6 10h12M9 15h8M13 20h8',
  changes: 'M3.500 12a8.500 8.500 0 1 0 2.800-6.300L3.500 8M3.500 3.500V8H8M12 7.500V12l3.200 2',
  search: 'M17.500 11a6.500 6.500 0 1 1-13 0 6.500 6.500 0 0 1 13 0ZM16 16l4.500 4.500',
  layers: 'M12 3 3 8l9 5 9-5zM3 12.500l9 5 9-5M3 17l9 5 9-5',
  chevron: 'M6 9.500l6 6 6-6',
  close: 'M6 6l12 12M18 6 6 18',
  link: 'M10 13.500a4 4 0 0 0 5.700.3l3-3a4 4 0 0 0-5.700-5.700l-1.300 1.300M14 10.500a4 4 0 0 0-5.700-.3l-3 3a4 4 0 0 0 5.700 5.700l1.300-1.300',
  lock: 'M5.500 11h13v9.500h-13zM8 11V7.500a4 4 0 0 1 8 0V11',
  unlock: 'M5.500 11h13v9.500h-13zM8 11V7.500a4 4 0 0 1 7.800-1.200',
  degraded: 'M12 4 2.800 20h18.400zM12 10v4.500M12 17.300v.1',
  failing: 'M8.300 2.800h7.400l5.500 5.500v7.400l-5.500 5.500H8.300l-5.500-5.500V8.300zM9 9l6 6M15 9l-6 6',
  unknown:
    'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM9.500 9.300a2.500 2.500 0 1 1 3.600 2.400c-.8.400-1.100.9-1.100 1.800M12 16.800v.1',
  ok: 'M4.500 12.500l5 5 10-11',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  sun: 'M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z',
  undo: 'M8 5 3.500 9.500 8 14M4 9.500h10a6 6 0 0 1 0 12h-3',
  copy: 'M8.500 8.500h12v12h-12zM15.500 8V3.500h-12v12H8',
  arrow: 'M4 12h16M14 6l6 6-6 6',
  service: 'M12 2.800l8 4.600v9.200l-8 4.600-8-4.600V7.400zM4.200 7.500 12 12l7.800-4.500M12 12v9',
  gateway: 'M10 4h9v16h-9M3 12h11M10.500 8l4 4-4 4',
  outside: 'M4 4h16v7H4zM4 13h16v7H4zM7.500 7.500v.1M7.500 16.500v.1',
  shift: 'M12 21v-7.500M12 13.500 5 6M12 13.500 19 6M5 11V6h5M14 6h5v5',
  refresh: 'M20 12a8 8 0 1 1-2.400-5.700L20 8.500M20 3.500v5h-5',
  config: 'M5 5h14v14H5z',
  document: 'M6 3h8l4.500 4.500V21H6zM14 3v4.500h4.500M9 12h6.500M9 16h6.500',
  shield: 'M12 3l7.500 2.800v5.400c0 4.600-3 8.200-7.500 9.800-4.500-1.600-7.500-5.200-7.500-9.800V5.800z',
  why: 'M5 4v6a4 4 0 0 0 4 4h10M15 10l4 4-4 4M5 20v-1',
  more: 'M5 12v.1M12 12v.1M19 12v.1',
  stale: 'M3 3l18 18M9.500 5.300A8 8 0 0 1 20 12c0 1.300-.3 2.500-.8 3.600M17 17.700A8 8 0 0 1 6.300 6.600',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark: four threads, one of them lifted by the heddle. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      strokeWidth={2}
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path stroke="var(--text-1)" d="M4 4v16M9.300 4v9M9.300 17v3M20 4v16M14.700 19v1" />
      <path stroke="var(--select)" d="M14.700 4v11" />
    </svg>
  );
}
