// Faultline's mark: strata, displaced along a fault.

import classes from './parts.module.css';

export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} className={classes.mark} aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1b2229" />
      <g fill="none" strokeWidth="3" strokeLinecap="round">
        <path stroke="#e8edf2" d="M6 10h8.2M6 16h6.4M6 22h4.6" />
        <path stroke="#e8edf2" d="M21.6 13H26M19.8 19H26M18 25h8" />
        <path stroke="#f0642f" d="M19.5 5.5 12.5 27" />
      </g>
    </svg>
  );
}
