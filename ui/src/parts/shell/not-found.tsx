// 404: a URL without a page.

import { IconMapOff } from '@tabler/icons-react';
import { Empty } from '../empty.tsx';
import { ButtonTo } from '../links.tsx';

export function NotFound() {
  return (
    <Empty
      icon={IconMapOff}
      title="There is no page at this address"
      description="It may have been mistyped, or belong to another version of Faultline."
      testId="not-found"
    >
      <title>Not found · Faultline</title>
      <ButtonTo to="/">To the dashboard</ButtonTo>
    </Empty>
  );
}
