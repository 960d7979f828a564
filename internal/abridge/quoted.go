package abridge

import "strings"

// inner are the quotation marks of a text that stands in quotation marks itself
// (GB/T 15834), and the line ends it loses there.
var inner = strings.NewReplacer("“", "‘", "”", "’", "\n", " ")

// Inner is a text as it stands between quotation marks.
func Inner(s string) string { return inner.Replace(s) }

// Quoted is a text in quotation marks: 重要保障期“省‘两会’”.
func Quoted(s string) string { return "“" + Inner(s) + "”" }
