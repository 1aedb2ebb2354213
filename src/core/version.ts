/** Version of this package, as its own requests name it. A test keeps it equal to package.json. */
export const VERSION = '0.1.0'
