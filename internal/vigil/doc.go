// Package vigil keeps the protected periods (重要保障期): what the province has
// declared, the daily 零报告 of everybody in it with their sum level by level,
// the consents that let a frozen act through, and the closing summary (Article
// 22; readings 21).
//
// It decides on which days which part of the province is under protection, who
// owes a report for each of them, and whether an act on a site or account waits
// until the period is over. The modules that do such acts ask it (MayAct); the
// roster asks for two persons (Spans) and the inspector for a tighter interval
// (Factor). It does not look at any site itself, and what an emergency asks for
// at once is never frozen.
package vigil
