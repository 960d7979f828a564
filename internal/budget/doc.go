// Package budget keeps the budget lines of Article 21: by unit, year and the
// four classes 监管考核, 日常运维, 安全防护, 人员培训, what is planned, approved and
// spent, with its document.
//
// It decides who owes lines for a year (whoever supervises or sponsors) and by
// when, and reads amounts as people write them (Parse). Amounts are whole 分. It
// decides nothing about money: the record follows the finance office's papers.
package budget
