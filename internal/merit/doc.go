// Package merit keeps what bodies decided upon merit and fault (表扬、奖励和问责,
// Articles 8(1) and 30): of which unit or person, by which body, under which
// number, on which grounds.
//
// It decides who may have decided what (a supervising office praises, talks and
// criticises; a 处分 is another body's), that a record is entered by one person
// and checked by another, and that it is corrected and never deleted. It counts
// nothing of persons against one another: there is no order among them.
//
// It does not decide that somebody deserves it, and does not know what its
// grounds are: the modules that keep orders, findings, inquiries and bulletins
// tell their names.
package merit
