npx papilio doctor
npx papilio bench --help
