// Package repostingweb is the screens of 重要转载: the list of calls, each with
// its hour, who has reposted, who was late and who still owes it. It decides
// nothing; the reposting package does.
package repostingweb
