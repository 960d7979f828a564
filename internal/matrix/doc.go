// Package matrix keeps the two matrices of Article 11 as data: websites headed
// by the provincial portal, accounts and clients headed by “陕西发布”, with cities,
// counties and departments below.
//
// It decides where each running object of the ledger stands: at the place a
// person gave it with a reason, or else below the head of its area, and the head
// of an area below the head of the area above. What has no place is listed as
// missing with what is to be done, and the area's office has a clock for it. It
// decides nothing about who may open or close anything (lifecycle), and the
// places follow the ledger by themselves.
package matrix
