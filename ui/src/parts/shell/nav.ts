// The pages of the navigation, in its order.

import {
  IconBolt,
  IconCommand,
  IconGauge,
  IconHistory,
  IconMailbox,
  IconRoute,
  IconServer,
  IconSettings,
  IconStack2,
  IconStackForward,
  IconTool,
} from '@tabler/icons-react';

export const NAV = [
  { to: '/', label: 'Dashboard', icon: IconGauge },
  { to: '/process-batches', label: 'Process batches', icon: IconStack2 },
  { to: '/processes', label: 'Processes', icon: IconRoute },
  { to: '/commands', label: 'Commands', icon: IconCommand },
  { to: '/command-batches', label: 'Command batches', icon: IconStackForward },
  { to: '/replies', label: 'Replies', icon: IconMailbox },
  { to: '/tsq', label: 'Troubleshooting', icon: IconTool },
  { to: '/audit', label: 'Audit', icon: IconHistory },
  { to: '/profiles', label: 'Chaos profiles', icon: IconBolt },
  { to: '/queues', label: 'Queues and workers', icon: IconServer },
  { to: '/settings', label: 'Settings', icon: IconSettings },
] as const;
