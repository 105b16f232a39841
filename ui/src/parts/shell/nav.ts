// The pages of the navigation, in its order. A page that does not exist yet is not listed.

import { type Icon, IconGauge, IconHistory, IconRoute, IconStack2, IconTool } from '@tabler/icons-react';

export interface NavEntry {
  to: '/' | '/batches' | '/processes' | '/tsq' | '/audit';
  label: string;
  icon: Icon;
}

export const NAV: readonly NavEntry[] = [
  { to: '/', label: 'Dashboard', icon: IconGauge },
  { to: '/batches', label: 'Process batches', icon: IconStack2 },
  { to: '/processes', label: 'Processes', icon: IconRoute },
  { to: '/tsq', label: 'Troubleshooting', icon: IconTool },
  { to: '/audit', label: 'Audit', icon: IconHistory },
];
