// Mantine's controls as links of the router: typed targets, and real anchors, so that a middle click opens a tab.

import { Anchor, type AnchorProps, Button, type ButtonProps, NavLink, type NavLinkProps } from '@mantine/core';
import { type Icon, IconHistory } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';

type AnchorElementProps<Own> = Own & Omit<ComponentPropsWithRef<'a'>, keyof Own>;

export const LinkTo = createLink((props: AnchorElementProps<AnchorProps>) => <Anchor {...props} />);

export const ButtonTo = createLink(({ icon: Icon, ...props }: AnchorElementProps<ButtonProps> & { icon?: Icon }) => (
  <Button component="a" leftSection={Icon && <Icon size={15} aria-hidden />} {...props} />
));

export const NavTo = createLink((props: AnchorElementProps<NavLinkProps>) => <NavLink component="a" {...props} />);

/** To the audit of one command, process or batch. */
export function AuditLink({ of }: { of: { command_id: string } | { process_id: string } | { batch_id: string } }) {
  return (
    <ButtonTo to="/audit" search={of} variant="default" icon={IconHistory}>
      Audit
    </ButtonTo>
  );
}
