// Package tenancyweb is the console's door to tenancy: the list of operating
// rules, the page of one with its residents, and the forms to draft, consult,
// comment, issue, sign and enter.
//
// It decides nothing: Article 28 is applied by tenancy, and refusals are shown
// with it.
package tenancyweb
