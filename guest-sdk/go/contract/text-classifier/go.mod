module moretta/contract

go 1.25
