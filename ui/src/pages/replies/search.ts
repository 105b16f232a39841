// The search parameters of the replies.

import { searchOf, text } from '../../parts/search.ts';

export const repliesSearch = searchOf({ queue: text, batch_id: text, cursor: text });
