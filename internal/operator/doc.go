// Package operator keeps the 承办单位 of a sponsor (Article 6): the review of
// their qualification, the 承办 and 保密 agreements with their terms, what they
// operate, their people, the monthly scorecard and the assessment without which
// no term is renewed.
//
// It decides whether a person may hold the role of an operator (Guard): both
// agreements in force, the last review passed, the contractor serving, the
// person on the staff list; and it ends the posts and sessions when the
// agreements end (Sweep). The law itself is in sx2021.CheckOperator and
// CheckRenewal. It does not decide what an operator may do (authz), and it
// measures nothing: the figures of a scorecard come from the modules that keep
// the rows (Source).
package operator
