// The label, color and icon of each type of audit event. An unknown type is shown by its name.

import {
  type Icon,
  IconAdjustments,
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconBolt,
  IconBoltOff,
  IconBriefcase,
  IconCheck,
  IconCircleDashed,
  IconClock,
  IconDatabaseOff,
  IconFlag,
  IconHandStop,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconSend,
  IconTool,
  IconTornado,
  IconTrashX,
  IconUser,
} from '@tabler/icons-react';
import { humanize } from '../../parts/format.ts';
import { CHAOS_COLOR } from '../../parts/status.ts';

export interface EventDisplay {
  label: string;
  color: string;
  icon: Icon;
}

const EVENT_DISPLAY: Record<string, EventDisplay> = {
  SENT: { label: 'Sent', color: 'gray', icon: IconSend },
  RECEIVED: { label: 'Received by a worker', color: 'steel', icon: IconPlayerPlay },
  COMPLETED: { label: 'Completed', color: 'teal', icon: IconCheck },
  FAILED: { label: 'Failed', color: 'red', icon: IconAlertTriangle },
  RETRY_SCHEDULED: { label: 'Retry scheduled', color: 'yellow', icon: IconRefresh },
  MOVED_TO_TSQ: { label: 'Moved to troubleshooting', color: 'orange', icon: IconTool },
  BUSINESS_RULE_FAILED: { label: 'Business rule failed', color: 'pink', icon: IconBriefcase },
  LEASE_EXPIRED: { label: 'Lease expired', color: 'orange', icon: IconClock },
  RELEASED: { label: 'Given back by its worker', color: 'gray', icon: IconArrowBackUp },
  LATE_RESULT_DISCARDED: { label: 'Late result discarded', color: 'gray', icon: IconTrashX },
  LATE_EFFECT_UNDONE: { label: 'Late effect undone', color: 'indigo', icon: IconArrowBackUp },
  CHAOS_INJECTED: { label: 'Chaos injected', color: CHAOS_COLOR, icon: IconBolt },
  DEADLINE_EXCEEDED: { label: 'Deadline exceeded', color: 'orange', icon: IconClock },
  OPERATOR_RETRY: { label: 'Retried by an operator', color: 'steel', icon: IconUser },
  OPERATOR_CANCEL: { label: 'Canceled by an operator', color: 'red', icon: IconUser },
  OPERATOR_COMPLETE: { label: 'Completed by an operator', color: 'teal', icon: IconUser },
  CANCELED: { label: 'Canceled', color: 'gray', icon: IconBan },
  PROCESS_STARTED: { label: 'Process started', color: 'steel', icon: IconFlag },
  PROCESS_COMPENSATING: { label: 'Process compensating', color: 'indigo', icon: IconArrowBackUp },
  PROCESS_ENDED: { label: 'Process ended', color: 'teal', icon: IconFlag },
  BEHAVIOR_CHANGED: { label: 'Chaos changed', color: CHAOS_COLOR, icon: IconAdjustments },
  STOP_CONDITION_MET: { label: 'Stop condition met', color: 'orange', icon: IconAlertTriangle },
  INJECTION_STOPPED: { label: 'Injection stopped', color: 'orange', icon: IconBoltOff },
  CHAOS_STOPPED: { label: 'All chaos stopped', color: 'red', icon: IconHandStop },
  CHAOS_RESUMED: { label: 'Chaos resumed', color: CHAOS_COLOR, icon: IconBolt },
  DATABASE_AWAY: { label: 'The database was away', color: 'orange', icon: IconDatabaseOff },
  TURBULENCE: { label: 'Turbulence', color: CHAOS_COLOR, icon: IconTornado },
  BATCH_STARTED: { label: 'Batch started', color: 'steel', icon: IconFlag },
  BATCH_AT_REST: { label: 'Batch at rest', color: 'orange', icon: IconPlayerPause },
  BATCH_REOPENED: { label: 'Batch reopened', color: 'steel', icon: IconPlayerPlay },
  BATCH_COMPLETED: { label: 'Batch completed', color: 'teal', icon: IconFlag },
};

export function eventDisplay(type: string): EventDisplay {
  return EVENT_DISPLAY[type] ?? { label: humanize(type), color: 'gray', icon: IconCircleDashed };
}
