// Package assessment turns findings into orders and orders into results: the
// rectification order with its deadline, answer and retest, and the score of a
// site under the pack its province has adopted (Articles 29 and 30).
//
// It decides which findings an order holds, when it is due, when it is closed
// and when it stands open again; and which facts speak to which indicator of a
// pack. A suspicion of the machine costs nothing until a person has confirmed
// it, what was not looked at is 未检测 and costs nothing, and values that are
// not verified judge nobody unless the province has adopted the pack, by name
// and date.
//
// It does not decide what is wrong with a page or whether a defect is gone
// (inspection), what observations cost (rules/packs), nor when a reminder goes
// out (obligation).
package assessment
