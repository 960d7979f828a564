// Package guidance is 工作通知 (Article 4: 指导、协调、监督): what a supervisor
// issues to a scope of units with a number and a deadline, their receipts, what
// they return, their questions with the answers all of them see, and the
// guidance documents kept with their numbers.
//
// It decides who receives a notice, what a return must hold and when it is
// late. It decides nothing about the matter the notice is on.
package guidance
