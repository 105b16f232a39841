// Styles of the library's components that the pages use, in the library's own order (later ones build on earlier ones).

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
