// The theme: quiet neutrals, one blue for what moves and what can be pressed, violet for chaos only.

import {
  Alert,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  EmptyState,
  type MantineColorsTuple,
  Paper,
  Popover,
  Progress,
  Skeleton,
  Tooltip,
} from '@mantine/core';

const steel: MantineColorsTuple = [
  '#edf5fa',
  '#d9e7f1',
  '#b0cde3',
  '#84b2d6',
  '#609bca',
  '#4a8dc3',
  '#3e86c1',
  '#2f73aa',
  '#25669a',
  '#135889',
];

const dark: MantineColorsTuple = [
  '#d6dce3',
  '#b6bfc9',
  '#939eab',
  '#56616d',
  '#363f49',
  '#272e37',
  '#1c2229',
  '#13171c',
  '#0f1317',
  '#0a0d10',
];

export const theme = createTheme({
  primaryColor: 'steel',
  primaryShade: { light: 8, dark: 7 },
  colors: { steel, dark },
  black: '#1a2027',
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Open Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.3' },
      h2: { fontSize: '1.3125rem', lineHeight: '1.35' },
      h3: { fontSize: '1rem', lineHeight: '1.4' },
      h4: { fontSize: '0.9375rem', lineHeight: '1.4' },
      h5: { fontSize: '0.875rem', lineHeight: '1.45' },
    },
  },
  components: {
    // By name, so that the first page does not load it.
    NumberInput: { defaultProps: { clampBehavior: 'none', allowDecimal: false, thousandSeparator: ',' } },
    Alert: Alert.extend({
      defaultProps: { variant: 'light', radius: 'md' },
      styles: { root: { border: '1px solid color-mix(in srgb, var(--alert-color) 30%, transparent)' } },
    }),
    Badge: Badge.extend({
      // A status is never truncated: its neighbor shrinks.
      styles: {
        root: {
          textTransform: 'none',
          fontWeight: 500,
          letterSpacing: 0,
          overflow: 'visible',
          flexShrink: 0,
          fontSize: 12,
        },
        label: { overflow: 'visible' },
        section: { marginInlineEnd: 4 },
      },
      defaultProps: { radius: 'sm' },
    }),
    Button: Button.extend({ defaultProps: { size: 'xs' }, styles: { root: { fontWeight: 500 } } }),
    EmptyState: EmptyState.extend({ styles: { actions: { marginTop: 'var(--mantine-spacing-xs)' } } }),
    Paper: Paper.extend({ defaultProps: { radius: 'md' } }),
    Popover: Popover.extend({ defaultProps: { radius: 'md', shadow: 'md' } }),
    Progress: Progress.extend({ defaultProps: { radius: 'sm' } }),
    Skeleton: Skeleton.extend({ defaultProps: { radius: 'sm' } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 200, multiline: true, maw: 320 } }),
  },
});

/**
 * The ink of each colour: its text on the page and on its own tint, by scheme.
 * Every one has a contrast of at least 4.5 on its tint, which the library's own light variants have not.
 */
const INKS = {
  steel: ['#135889', '#84b2d6'],
  teal: ['#07694b', '#38d9a9'],
  cyan: ['#0b6475', '#3bc9db'],
  indigo: ['#364fc7', '#9db0ff'],
  violet: ['#5f3dc4', '#b7a0fd'],
  pink: ['#a61e4d', '#f783ac'],
  red: ['#b82222', '#ff8787'],
  orange: ['#a83808', '#ffa94d'],
  yellow: ['#7d5000', '#fcc419'],
  gray: ['#4b5560', '#b6bfc9'],
} as const;

function inkVariables(scheme: 0 | 1): Record<string, string> {
  const tint = scheme === 0 ? 11 : 15;
  return Object.fromEntries(
    Object.entries(INKS).flatMap(([color, inks]) => {
      const ink = inks[scheme];
      return [
        [`--mantine-color-${color}-text`, ink],
        [`--mantine-color-${color}-light-color`, ink],
        [`--mantine-color-${color}-light`, `color-mix(in srgb, ${ink} ${tint}%, var(--mantine-color-body))`],
        [`--mantine-color-${color}-light-hover`, `color-mix(in srgb, ${ink} ${tint + 6}%, var(--mantine-color-body))`],
      ];
    }),
  );
}

/** Lines and backgrounds that the library does not name, and the inks. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...inkVariables(0),
    '--fl-line': '#e4e8ec',
    '--fl-hover': '#f7f9fa',
    '--fl-selected': '#edf5fa',
    '--fl-sunken': '#f6f8f9',
    '--fl-nav': '#f6f8f9',
    '--fl-nav-hover': '#ecf0f2',
    '--fl-nav-active': '#e4e9ed',
    '--fl-ember': '#d9541f',
    '--mantine-color-dimmed': '#5d6874',
    '--mantine-color-placeholder': '#707c88',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-default-border': '#d5dbe1',
  },
  dark: {
    ...inkVariables(1),
    '--fl-line': '#2a323b',
    '--fl-hover': '#191f25',
    '--fl-selected': '#1b2a37',
    '--fl-sunken': '#0f1317',
    '--fl-nav': '#0f1317',
    '--fl-nav-hover': '#181d23',
    '--fl-nav-active': '#20272f',
    '--fl-ember': '#f0764a',
    '--mantine-color-dimmed': '#98a3b0',
    '--mantine-color-placeholder': '#7d8996',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-default-border': '#363f49',
  },
});
