// Package orgweb is the screens of areas, units, people and posts: the tree
// that is opened step by step, a unit's page, and the forms that register a
// department, a person and a post.
//
// It decides what a person sees of org and in which order. What may be
// registered is org's to decide; logins and the separated administrators are
// signinweb's.
package orgweb
