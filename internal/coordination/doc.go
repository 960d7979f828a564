// Package coordination keeps the working together of Articles 5 and 20(1)–(2):
// the log of meetings, notices and consultations with the five co-regulators and
// with news organs and 融媒体中心, the directory of media contacts, and the
// ledgers shared with co-regulators against receipt, and what is handed over to
// them by batch: findings, orders and cases that their duties cover.
//
// It decides whose follow-up is open and who may read a share (the unit it is
// addressed to, and who made it). What stands in a ledger is not its business:
// the rows come from the modules that keep them (List), and so does what may be
// handed over (ReferralSource); which kind of it goes to whom is data (matters.json). Every download is in
// the trail.
package coordination
