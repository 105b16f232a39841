// Mantine's controls as links of the router: typed targets, real anchors, so a middle click opens a tab.

import { Anchor, type AnchorProps, Button, type ButtonProps, NavLink, type NavLinkProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';

type AnchorElementProps<Own> = Own & Omit<ComponentPropsWithRef<'a'>, keyof Own>;

export const LinkTo = createLink((props: AnchorElementProps<AnchorProps>) => <Anchor {...props} />);

export const ButtonTo = createLink((props: AnchorElementProps<ButtonProps>) => <Button component="a" {...props} />);

export const NavTo = createLink((props: AnchorElementProps<NavLinkProps>) => <NavLink component="a" {...props} />);
