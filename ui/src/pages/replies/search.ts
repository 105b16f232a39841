// The queue or batch whose replies are listed, as it stands in the address.

import { searchOf, text } from '../../parts/search.ts';

export const repliesSearch = searchOf({ queue: text, batch_id: text, cursor: text });
