// Package appraisalpublic is the public's door below /results/ of a hosted
// portal: the published rounds of assessment that their offices opened to
// everybody, with every site's and account's result, the corrections since, and
// the same as open data (Articles 29 and 30).
//
// It reads the statement that the house signs and nothing else; it decides
// nothing of what is told. Every page works without script.
package appraisalpublic
