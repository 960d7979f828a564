// Package roster holds people's posts against what they answer for: who has no
// leader in charge, which site or account has no holder, what a person who
// leaves or hands over gives to whom (Articles 18, 19(1), 19(2)).
//
// It decides what is vacant, opens and ends the clock of a vacancy that an act
// makes, and moves what one person holds to another in one transaction. Posts
// themselves are org's; what a module's person holds is told by the sources
// the application registers; what a post permits is authz's.
package roster
