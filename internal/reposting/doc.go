// Package reposting follows what the province marks as 重要转载: every named
// site and account shows it within 24 hours (Article 19(3); 国办发〔2017〕47号).
//
// It decides who owes a repost and until when, whether a repost is proven (by
// the library's own record of an adoption, by a page that was fetched and holds
// the title, or by a named supervisor with a reason), and whether it was late to
// the minute. It does not decide what may be reposted (library's list of
// sources) nor judge or score anybody.
package reposting
