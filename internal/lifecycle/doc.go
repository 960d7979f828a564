// Package lifecycle carries a site from the wish to open it to its launch
// (Article 7): the application with the consent of the principal, the chain of
// offices computed from the unit, the checklist before the launch, the notice
// of opening after it, and the province's exceptions from rules stated 原则上.
//
// It gathers the facts the rules ask for, refuses with their articles, and does
// in one transaction what an approval brings about. It does not decide what the
// law says (rules/sx2021), whose turn it is (approval) or what the ledger holds
// (registry). Offline, exit and closure (Article 8) and the opening of accounts
// are not here yet.
package lifecycle
