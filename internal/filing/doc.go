// Package filing keeps the registrations and deregistrations that a sponsor
// makes with bodies outside: mark and Chinese domain with 编制, ICP with 通信,
// the police filing with 公安, the English domain with CNNIC, accounts with their
// platforms, the status in the national reporting system, and the filing of an
// account with its supervisor (Articles 5, 7(3), 8(3), 10).
//
// Each is one item with its own clock, number, date and receipt. The sponsor
// records; the body, where it is on this platform, confirms the receipt, gives
// the number or says what is missing. It decides nothing: an item recorded with
// its receipt counts, whether or not the body has looked. A number flows into
// the ledger once.
//
// It does not decide which items an act needs (rules/sx2021 and lifecycle) nor
// whether an act may go on (lifecycle asks Standing).
package filing
