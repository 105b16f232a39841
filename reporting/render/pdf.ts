// A statement as a PDF in the form of a letter.
// The same statement gives the same bytes; the Keywords of the document contain the balance for machines.

import { BANK, headingOf, machineReadable, type Statement } from './letter.ts';
import { Flow } from './pdf/flow.ts';
import { drawFooters, drawLetterhead, drawRunningHeader } from './pdf/letterhead.ts';
import { drawAccounts, drawCategories, drawMonths } from './pdf/overview.ts';
import { Paper } from './pdf/paper.ts';
import { drawTransactions } from './pdf/transactions.ts';

export function renderPdf(statement: Statement): Promise<Buffer> {
  const heading = headingOf(statement);
  const { movements, summary } = statement;
  const paper = new Paper({
    title: `${heading.title} ${heading.statement_no}`,
    author: BANK.name,
    subject: heading.period,
    keywords: Object.entries(machineReadable(statement))
      .map(([key, value]) => `${key}=${value}`)
      .join('; '),
    // Not the clock: a repeated attempt must write the same bytes.
    created_at: new Date(`${summary.to_date}T00:00:00Z`),
  });
  paper.addPage();
  const flow = new Flow(paper, () => drawRunningHeader(paper, heading));
  flow.y = drawLetterhead(paper, statement, heading);
  if (summary.accounts.length > 1) drawAccounts(flow, statement, heading);
  drawMonths(flow, statement);
  drawCategories(flow, statement);
  for (const [index, account] of movements.accounts.entries()) {
    const totals = summary.accounts[index];
    const holder = heading.has_several_holders ? account.account.holder_name : null;
    if (totals) drawTransactions(flow, account, totals, holder, movements);
  }
  drawFooters(paper);
  return paper.finish();
}
