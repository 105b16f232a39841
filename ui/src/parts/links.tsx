// Mantine's controls as links of the router: typed targets, and real anchors, so that a middle click opens a tab.

import { Anchor, type AnchorProps, Button, type ButtonProps, NavLink, type NavLinkProps } from '@mantine/core';
import { type Icon, IconHistory } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';
import { ShortId } from './id.tsx';

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

export interface IdLinkProps extends AnchorProps {
  to: '/commands/$id' | '/processes/$id' | '/process-batches/$id' | '/command-batches/$id';
  id: string;
  /** Before the id: "process". */
  prefix?: string;
}

/** To the page of one command, process or batch, by its short id. */
export function IdLink({ to, id, prefix, ...props }: IdLinkProps) {
  return (
    <LinkTo to={to} params={{ id }} inherit style={{ whiteSpace: 'nowrap' }} {...props}>
      {prefix} <ShortId id={id} />
    </LinkTo>
  );
}
