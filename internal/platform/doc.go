// Package platform keeps the intensive platforms of province and cities
// (Articles 25, 26), which site stands on which, how those that stand on none
// come in, and what each resident of a platform served here may use (Article 28).
//
// It decides whether a site may come aboard (a platform for its area, operating
// rules in force, the sponsor's receipt), how far a migration is (from facts
// only: receipt, columns, items, redirects, where the domain leads), and when a
// resident's quota is full. A quota never stands in the way of what the law
// demands: withdrawing, correcting, reviewing and answering are not asked about.
// It decides nothing of a resident's content.
package platform
