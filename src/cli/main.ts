process.stdout.write('yagura\n');
