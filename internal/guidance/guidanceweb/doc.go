// Package guidanceweb is the face of guidance: the boxes of 工作通知, the form
// to issue one, its page with receipts, returns and questions.
//
// It shows and takes forms; who receives and what a return must hold, guidance
// decides.
package guidanceweb
